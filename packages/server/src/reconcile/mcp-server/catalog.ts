// The catalog's memory: which names were given to whom, and what is on disk of it. What is published was saved before,
// as far as the disk lets us: a disk that fails costs the cache, never the server.

import { isToolAllowed, type ToolFilter } from '@tutti/schemas';
import type { Clock } from '../../kernel/clock.ts';
import type { FamilyNames } from '../../snapshot/families.ts';
import { createNameBook, NAME_KINDS, type ServerNames } from '../../snapshot/names.ts';
import { buildSegment, type BuiltSegment } from '../../snapshot/segment.ts';
import { MAX_RETIRED_SERVERS, type CatalogRecord, type CatalogStore } from './catalog-store.ts';
import type { Discovery } from './observe.ts';
import { holdsBack, type Judgement } from './pins/judge.ts';
import type { Pins } from './pins/pins.ts';
import type { CatalogueInput } from './plan.ts';

export interface Catalog {
  /** What the server showed in an earlier run. */
  recall(server: string): CatalogRecord['discovery'];
  /** What a server of that identity showed, whatever its name. */
  recallIdentity(identityDigest: string): CatalogRecord['discovery'];
  /** Makes the segment and keeps what it is made from. */
  build(
    server: string,
    discovery: Discovery,
    input: CatalogueInput,
    filter: ToolFilter | undefined,
  ): Promise<BuiltSegment & { readonly judgement: Judgement }>;
  /** The server is not declared any more: what it showed is forgotten, its names are kept for a return. */
  retire(server: string): Promise<void>;
  /** Retires all that are on record but not among these. */
  retireOthers(declared: ReadonlySet<string>): Promise<void>;
  /** The names of families' tools. They are in force before they are on disk: a publication can't wait for it. */
  readonly families: FamilyNames;
  /** Resolves when all names of families are on disk. */
  saved(): Promise<void>;
  /** The same memory for trying things out: what is done to it is not kept. */
  fork(): Promise<Catalog>;
}

export interface CatalogDeps {
  readonly store: CatalogStore;
  readonly pins: Pick<Pins, 'check' | 'foresee' | 'remove'>;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

export async function openCatalog({ store, pins, clock, warn }: CatalogDeps): Promise<Catalog> {
  const book = createNameBook();
  const saved = new Map<string, CatalogRecord>();
  const familiesInUse = new Set<string>();
  let savingFamilies: Promise<void> = Promise.resolve();
  const records = await attempt('read the catalog', () => store.load());
  // Sorted, so that of two claims to one name the same one wins at every start.
  for (const record of (records ?? []).toSorted((a, b) => (a.server < b.server ? -1 : 1))) {
    book.restore(record.server, record.names);
    saved.set(record.server, record);
  }

  async function attempt<T>(what: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      warn(`cannot ${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  async function save(record: CatalogRecord): Promise<void> {
    saved.set(record.server, record);
    await attempt(`save the catalog of ${record.server}`, () => store.save(record));
  }

  async function dropLongestRetired(): Promise<void> {
    const retired = [...saved.values()].filter(({ retiredAtMs }) => retiredAtMs !== undefined);
    retired.sort((a, b) => (a.retiredAtMs ?? 0) - (b.retiredAtMs ?? 0));
    for (const { server } of retired.slice(0, Math.max(0, retired.length - MAX_RETIRED_SERVERS))) {
      saved.delete(server);
      book.release(server);
      await attempt(`remove the catalog of ${server}`, () => store.remove(server));
      await attempt(`remove the approvals of ${server}`, () => pins.remove(server));
    }
  }

  async function retire(server: string): Promise<void> {
    const known = saved.get(server);
    if (known === undefined || known.retiredAtMs !== undefined) return;
    await save({ server, names: known.names, discovery: undefined, retiredAtMs: clock.nowMs() });
    await dropLongestRetired();
  }

  function afterOthers(write: () => Promise<void>): void {
    savingFamilies = savingFamilies.then(write);
  }

  return {
    recall: (server) => saved.get(server)?.discovery,
    recallIdentity(identityDigest) {
      for (const { discovery } of saved.values())
        if (discovery?.configDigest === identityDigest) return discovery;
      return undefined;
    },

    async build(server, discovery, { transport, prefix, cached, pins: policy }, filter) {
      const { configDigest, found } = discovery;
      const isAllowed = (tool: string): boolean => isToolAllowed(filter, tool);
      const judgement = allowedOnly(await pins.check(server, found.tools, policy), isAllowed);
      const built = buildSegment(
        {
          server,
          transport,
          prefix,
          found,
          cached,
          isAllowed,
          heldBack: (tool) => (holdsBack(policy) ? judgement.deviating.get(tool)?.state : undefined),
        },
        book,
      );
      const known = saved.get(server);
      const isSaved =
        known?.discovery?.configDigest === configDigest &&
        known.discovery.found === found &&
        sameNames(known.names, built.names);
      if (!isSaved)
        await save({
          server,
          names: built.names,
          discovery: { configDigest, found },
          retiredAtMs: undefined,
        });
      return { ...built, judgement };
    },

    retire,

    async retireOthers(declared) {
      for (const server of saved.keys())
        if (!declared.has(server) && !familiesInUse.has(server)) await retire(server);
    },

    families: {
      allocate(family, prefix, tools) {
        const key = familyKey(family);
        familiesInUse.add(key);
        const names = book.allocate(key, prefix, { ...NOTHING_LISTED, tools });
        afterOthers(async () => {
          const known = saved.get(key);
          if (known === undefined || known.retiredAtMs !== undefined || !sameNames(known.names, names))
            await save({ server: key, names, discovery: undefined, retiredAtMs: undefined });
        });
        return names.given.tools;
      },
      retire(family) {
        const key = familyKey(family);
        familiesInUse.delete(key);
        afterOthers(() => retire(key));
      },
    },
    saved: () => savingFamilies,
    async fork() {
      await savingFamilies;
      const nothing = async (): Promise<void> => {};
      const load = async (): Promise<readonly CatalogRecord[]> => [...saved.values()];
      const foresee: Pins['foresee'] = (server, tools, policy) => pins.foresee(server, tools, policy);
      return openCatalog({
        store: { load, save: nothing, remove: nothing },
        pins: { check: foresee, foresee, remove: nothing },
        clock,
        warn: () => {},
      });
    },
  };
}

/** What the filter blocks nobody sees, whatever became of it. */
function allowedOnly(judgement: Judgement, isAllowed: (tool: string) => boolean): Judgement {
  const { deviating, removed } = judgement;
  if ([...deviating.keys()].every(isAllowed)) return judgement;
  return { deviating: new Map([...deviating].filter(([tool]) => isAllowed(tool))), removed };
}

const NOTHING_LISTED = { tools: [], prompts: [], resources: [], resourceTemplates: [] };

/** A holder of names like a server, under a name that no server can have. */
function familyKey(family: string): string {
  return `family:${family}`;
}

function sameNames(one: ServerNames, other: ServerNames): boolean {
  return (
    one.prefix === other.prefix &&
    NAME_KINDS.every((kind) => {
      const names = other.given[kind];
      return (
        one.given[kind].size === names.size &&
        [...one.given[kind]].every(([own, exposed]) => names.get(own) === exposed)
      );
    })
  );
}
