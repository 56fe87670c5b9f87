// Searches of a graph of a size that is never read whole, on both databases. Words come as they do in texts: few of them
// very often, most of them seldom; what is searched for as well.

import { join } from 'node:path';
import { EntitySchema } from '@tutti/schemas';
import {
  createKnowledge,
  type Knowledge,
} from '../../packages/server/src/coordination/knowledge/knowledge.ts';
import { KNOWLEDGE_MIGRATIONS } from '../../packages/server/src/coordination/knowledge/migrations.ts';
import { NO_METER } from '../../packages/server/src/coordination/meter.ts';
import { openDatabase } from '../../packages/server/src/store/open-database.ts';
import { createChance } from '../../test/support/chance.ts';
import { type LatencySummary, summarize } from '../load/latencies.ts';
import { startPostgres } from '../targets/postgres.ts';

const ENTITIES = 100_000;
const VOCABULARY = 30_000;
const OBSERVATIONS = 4;
const OBSERVATION_WORDS = 8;
const BATCH = 100;
const CALLERS = 16;
const PROJECT = 'bench';
const FULL_SEARCHES = 2_000;
const QUICK_SEARCHES = 400;

export interface KnowledgeStoreResult {
  readonly store: 'SQLite' | 'PostgreSQL';
  /** Entities per second while the graph was filled, 100 in each call. */
  readonly filledPerSecond: number;
  /** Three words that come as in the texts, one caller. */
  readonly search: LatencySummary;
  /** As many words as one query may have, one caller. */
  readonly longSearch: LatencySummary;
  /** Three words, sixteen callers. */
  readonly busySearch: LatencySummary;
  /** An observation is added to one of the entities, one caller. */
  readonly add: LatencySummary;
}

export interface KnowledgeResult {
  readonly entities: number;
  readonly stores: readonly KnowledgeStoreResult[];
}

export async function measureKnowledge(
  folder: string,
  { quick, progress }: { readonly quick: boolean; readonly progress: (line: string) => void },
): Promise<KnowledgeResult> {
  const searches = quick ? QUICK_SEARCHES : FULL_SEARCHES;
  progress('search on SQLite');
  const stores = [await measure('SQLite', `sqlite:${join(folder, 'knowledge.db')}`, searches)];
  await using postgres = await startPostgres();
  if (postgres !== undefined) {
    progress('search on PostgreSQL');
    stores.push(await measure('PostgreSQL', postgres.url, searches));
  }
  return { entities: ENTITIES, stores };
}

async function measure(
  store: KnowledgeStoreResult['store'],
  url: string,
  searches: number,
): Promise<KnowledgeStoreResult> {
  await using database = await openDatabase(url, { migrations: [KNOWLEDGE_MIGRATIONS] });
  const knowledge = createKnowledge({ database, meter: NO_METER, requirePermission: () => undefined });
  const words = createWords(7);
  const startedAt = performance.now();
  for (let at = 0; at < ENTITIES; at += BATCH) await fill(knowledge, at, words);
  const filledPerSecond = (ENTITIES * 1_000) / (performance.now() - startedAt);

  const timed = async (run: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await run();
    return performance.now() - began;
  };
  const search = (count: number): Promise<number> =>
    timed(() => knowledge.search(PROJECT, { query: words(count), limit: 10 }));
  const one = async (run: () => Promise<number>): Promise<LatencySummary> => {
    const latencies: number[] = [];
    for (let n = 0; n < searches; n++) latencies.push(await run());
    return summarize(latencies);
  };
  // What the database learns at first is not measured.
  for (let n = 0; n < 50; n++) await search(3);
  const busy: number[] = [];
  return {
    store,
    filledPerSecond,
    search: await one(() => search(3)),
    longSearch: await one(() => search(24)),
    add: await one(() => {
      const observation = {
        entityName: `entity ${Math.floor(Math.random() * ENTITIES)}`,
        contents: [words(8)],
      };
      return timed(() =>
        knowledge.addObservations([observation], { project: PROJECT, by: { id: 'bench', isAdmin: true } }),
      );
    }),
    busySearch: await Promise.all(
      Array.from({ length: CALLERS }, async () => {
        for (let n = 0; n < searches / CALLERS; n++) busy.push(await search(3));
      }),
    ).then(() => summarize(busy)),
  };
}

async function fill(knowledge: Knowledge, at: number, words: (count: number) => string): Promise<void> {
  await knowledge.createEntities(
    Array.from({ length: BATCH }, (_, n) =>
      EntitySchema.parse({
        name: `entity ${at + n}`,
        entityType: `type ${(at + n) % 20}`,
        observations: Array.from({ length: OBSERVATIONS }, () => words(OBSERVATION_WORDS)),
      }),
    ),
    { project: PROJECT, by: { id: 'bench', isAdmin: true } },
  );
}

/** Texts whose words are as often as those of languages (Zipf). */
function createWords(seed: number): (count: number) => string {
  const chance = createChance(seed);
  const upTo: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= VOCABULARY; rank++) upTo.push((sum += 1 / rank));
  const word = (): string => {
    const wanted = chance() * sum;
    let low = 0;
    let high = VOCABULARY - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return `w${low.toString(36)}`;
  };
  return (count) => Array.from({ length: count }, word).join(' ');
}
