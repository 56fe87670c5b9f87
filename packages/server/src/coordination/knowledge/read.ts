// What is read of graphs. Each answer is bounded by a number of items and by bytes, and says where it goes on.

import {
  type ApiEntity,
  type ApiGraph,
  type ApiGraphPage,
  type ApiNodes,
  type ApiSearchPage,
  MAX_KNOWLEDGE_PAGE,
} from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import type { CoordinationMeter } from '../meter.ts';
import { idsAfter, MAX_GRAPHS } from './graph.ts';
import {
  type EntityRow,
  type KnowledgeReads,
  readEntities,
  readEntityRange,
  readGraph,
  readGraphs,
  readNamed,
  readRelationRange,
  readRelationsOf,
} from './queries.ts';
import { huntFor, MAX_QUERY_WORDS, scoreOf, type Term } from './rank.ts';
import { countEntities, huntEntities, MAX_RANKED, readWords } from './search-queries.ts';
import { entityView, relationView } from './shown.ts';
import { createWordCounts } from './word-counts.ts';
import { indexedWord, mayBegin, wordsOf } from './words.ts';

/** Bytes of observations and metadata in one answer; one entity alone may have fewer. */
export const MAX_ANSWER_BYTES = 512 * 1024;
/** Relations beside the entities of a search, or of names. */
const MAX_RELATIONS_SHOWN = 1_000;

export interface Page {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface Search extends Page {
  readonly query: string;
  /** Only entities of this type. */
  readonly entityType?: string | undefined;
}

export interface KnowledgeSource {
  graphs(): Promise<readonly ApiGraph[]>;
  /** A page of a graph: entities in the order in which they were made, then relations. */
  graph(project: string, page: Page): Promise<ApiGraphPage>;
  /** Entities that have words of the query, or words that begin with one, the best first. */
  search(project: string, search: Search): Promise<ApiSearchPage>;
  open(project: string, names: readonly string[]): Promise<ApiNodes>;
}

export function createKnowledgeSource(
  reads: KnowledgeReads,
  meter: Pick<CoordinationMeter, 'knowledgeSearched'>,
): KnowledgeSource {
  const { read } = reads;
  const remembered = createWordCounts(() => performance.now());

  async function shown(ids: readonly number[]): Promise<readonly ApiEntity[]> {
    if (ids.length === 0) return [];
    const rows = new Map((await readEntities(reads, ids)).map((row) => [row.id, row]));
    return ids.flatMap((id) => rows.get(id) ?? []).map(entityView);
  }

  async function termsOf(graph: number, query: string): Promise<readonly Term[]> {
    const words = [...new Set(wordsOf(query, 10 * MAX_QUERY_WORDS))].slice(0, MAX_QUERY_WORDS);
    const wanted = words.map((word) => ({ word: indexedWord(graph, word), isPrefix: false }));
    const known = wanted.map(({ word }) => remembered.of(word));
    const asked = wanted.filter((_, n) => known[n] === undefined);
    const counted = await countEntities(reads, asked);
    const found = new Map(asked.map(({ word }, n) => [word, counted[n] ?? 0]));
    for (const [word, entities] of found) remembered.learn(word, entities);
    const counts = wanted.map(({ word }, n) => known[n] ?? found.get(word) ?? 0);
    // A word that nobody has may be the beginning of one.
    const isOpen = (n: number): boolean => counts[n] === 0 && mayBegin(words[n] ?? '');
    const open = wanted.filter((_, n) => isOpen(n)).map(({ word }) => ({ word, isPrefix: true }));
    const openCounts = await countEntities(reads, open);
    return [
      ...wanted.map((term, n) => ({ ...term, entities: counts[n] ?? 0 })).filter((_, n) => !isOpen(n)),
      ...open.map((term, n) => ({ ...term, entities: openCounts[n] ?? 0 })),
    ];
  }

  function measured(): Disposable {
    const startedAt = performance.now();
    return { [Symbol.dispose]: () => meter.knowledgeSearched(performance.now() - startedAt) };
  }

  return {
    async graphs() {
      return (await readGraphs(read, MAX_GRAPHS)).map(({ project, entities, relations, changed_ms }) => ({
        project_id: project,
        entities,
        relations,
        changed_at: new Date(changed_ms).toISOString(),
      }));
    },
    async graph(project, { limit, cursor }) {
      const place = decodeCursor(cursor ?? START, ['e', 'r']);
      const graph = await readGraph(read, project);
      if (graph === undefined) return { entities: [], relations: [], total_entities: 0, total_relations: 0 };
      const page = {
        total_entities: graph.entities,
        total_relations: graph.relations,
        entities: [] as ApiEntity[],
      };
      let room = Math.min(limit, MAX_KNOWLEDGE_PAGE);
      let after = place.after;
      if (place.phase === 'e') {
        const found = await readEntityRange(read, idsAfter(graph, after, room));
        const chosen = within(found);
        page.entities = [...(await shown(chosen.map(({ id }) => id)))];
        const last = chosen.at(-1);
        if (last !== undefined && (chosen.length < found.length || found.length === room))
          return { ...page, relations: [], nextCursor: encodeCursor('e', last.id) };
        room -= found.length;
        after = 0;
      }
      const relations = await readRelationRange(read, idsAfter(graph, after, room));
      const last = relations.at(-1);
      return {
        ...page,
        relations: relations.map(relationView),
        nextCursor: last !== undefined && relations.length === room ? encodeCursor('r', last.id) : undefined,
      };
    },
    async search(project, { query, entityType, limit, cursor }) {
      const place = decodeCursor(cursor ?? FIRST, ['s']);
      using _measured = measured();
      const graph = await readGraph(read, project);
      const terms = graph === undefined ? [] : await termsOf(graph.number, query);
      const hunt = huntFor(terms);
      if (hunt === undefined) return { entities: [], relations: [] };
      const ranked = (await readWords(reads, await huntEntities(reads, hunt, entityType)))
        .map((words) => ({ ...words, score: scoreOf(words, terms) }))
        .toSorted((a, b) => b.score - a.score || compare(a.name, b.name));
      const wanted = ranked.slice(place.after, place.after + Math.min(limit, MAX_RANKED));
      const chosen = within(wanted);
      const ids = chosen.map(({ id }) => id);
      const scores = new Map(chosen.map(({ name, score }) => [name, score]));
      const end = place.after + chosen.length;
      return {
        entities: (await shown(ids)).map((entity) => ({ ...entity, score: scores.get(entity.name) ?? 0 })),
        relations:
          ids.length < 2
            ? []
            : (await readRelationsOf(reads, ids, 'within', MAX_RELATIONS_SHOWN)).map(relationView),
        nextCursor: end < ranked.length ? encodeCursor('s', end) : undefined,
      };
    },
    async open(project, names) {
      const graph = await readGraph(read, project);
      const wanted = [...new Set(names)];
      const found = graph === undefined ? [] : await readNamed(reads, graph.number, wanted);
      const rows = new Map(found.map((row) => [row.name, row]));
      const inOrder = wanted.flatMap((name) => rows.get(name) ?? []);
      const chosen = within(inOrder);
      const ids = chosen.map(({ id }) => id);
      const relations =
        ids.length === 0 ? [] : await readRelationsOf(reads, ids, 'touching', MAX_RELATIONS_SHOWN + 1);
      return {
        entities: chosen.map(entityView),
        relations: relations.slice(0, MAX_RELATIONS_SHOWN).map(relationView),
        missing: wanted.filter((name) => !rows.has(name)),
        left_out: inOrder.slice(chosen.length).map(({ name }) => name),
        more_relations: relations.length > MAX_RELATIONS_SHOWN,
      };
    },
  };
}

/** As many as fit into one answer, at least one. */
function within<Row extends Pick<EntityRow, 'bytes'>>(rows: readonly Row[]): readonly Row[] {
  let bytes = 0;
  let count = 0;
  for (const row of rows) {
    bytes += row.bytes;
    if (count > 0 && bytes > MAX_ANSWER_BYTES) break;
    count += 1;
  }
  return rows.slice(0, count);
}

/** By code units: the same everywhere. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `e`: after this entity. `r`: after this relation. `s`: from this place of a search on. */
type Phase = 'e' | 'r' | 's';

function encodeCursor(phase: Phase, after: number): string {
  return Buffer.from(`${phase}${after}`).toString('base64url');
}

function decodeCursor(
  text: string,
  phases: readonly Phase[],
): { readonly phase: Phase; readonly after: number } {
  const [, name, after] = /^([ers])(\d{1,16})$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  const phase = phases.find((one) => one === name);
  if (phase !== undefined && after !== undefined) return { phase, after: Number(after) };
  throw new AppError('invalid_params', 'cursor: not one of ours; begin without one.');
}

const START = encodeCursor('e', 0);
const FIRST = encodeCursor('s', 0);
