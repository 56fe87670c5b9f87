// The catalog's memory: which names were given to whom, and what is on disk of it. What is published was saved before,
// as far as the disk lets us: a disk that fails costs the cache, never the server.

import { isToolAllowed, type ToolFilter } from '@tutti/schemas';
import type { Clock } from '../../kernel/clock.ts';
import type { FamilyNames } from '../../snapshot/families.ts';
import type { ListedNames, ServerNames } from '../../snapshot/names.ts';
import { buildSegment, type BuiltSegment, type SegmentInput } from '../../snapshot/segment.ts';
import {
  MAX_RETIRED_SERVERS,
  type CatalogRecord,
  type CatalogStore,
  type NameStore,
} from './catalog-store.ts';
import type { Discovery } from './observe.ts';
import { holdsBack, type Judgement } from './pins/judge.ts';
import type { Pins } from './pins/pins.ts';
import type { CatalogueInput } from './plan.ts';
import { createPassingNames, openSharedNames } from './shared-names.ts';

export interface Catalog extends Disposable {
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
  readonly names: NameStore;
  readonly pins: Pick<Pins, 'check' | 'foresee' | 'remove'>;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  /** A server, or a family, has other names than it was shown with: another host was quicker. */
  readonly renamed: { server(name: string): void; family(name: string): void };
}

export async function openCatalog(deps: CatalogDeps): Promise<Catalog> {
  const { store, pins, clock, warn } = deps;
  const saved = new Map<string, CatalogRecord>();
  const familiesInUse = new Set<string>();
  let savingFamilies: Promise<void> = Promise.resolve();
  const records = await attempt('read the catalog', () => store.load());
  for (const record of records ?? []) saved.set(record.server, record);
  const names = await openSharedNames({
    store: deps.names,
    clock,
    warn,
    renamed: (holder) =>
      isFamily(holder) ? deps.renamed.family(familyOf(holder)) : deps.renamed.server(holder),
  });

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
      await attempt(`remove the catalog of ${server}`, () => store.remove(server));
      const isGone = await attempt(`give up the names of ${server}`, () => names.drop(server));
      // Where another host declares it, it is not gone.
      if (isGone === true) await attempt(`remove the approvals of ${server}`, () => pins.remove(server));
    }
  }

  async function retire(server: string): Promise<void> {
    const known = saved.get(server);
    if (known === undefined || known.retiredAtMs !== undefined) return;
    await save({ server, discovery: undefined, retiredAtMs: clock.nowMs() });
    await dropLongestRetired();
  }

  /** The names are there before anything is shown under them. */
  async function buildNamed(input: SegmentInput): Promise<BuiltSegment> {
    let missing: { readonly prefix: string; readonly listed: ListedNames } | undefined;
    const built = buildSegment(input, {
      allocate(server, prefix, listed) {
        const known = names.known(server, prefix, listed);
        if (known === undefined) missing = { prefix, listed };
        return known ?? NOTHING_GIVEN;
      },
    });
    if (missing === undefined) return built;
    const given = await names.give(input.server, missing.prefix, missing.listed);
    return buildSegment(input, { allocate: () => given });
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
      const built = await buildNamed({
        server,
        transport,
        prefix,
        found,
        cached,
        isAllowed,
        heldBack: (tool) => (holdsBack(policy) ? judgement.deviating.get(tool)?.state : undefined),
      });
      const known = saved.get(server);
      const isSaved = known?.discovery?.configDigest === configDigest && known.discovery.found === found;
      if (!isSaved) await save({ server, discovery: { configDigest, found }, retiredAtMs: undefined });
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
        const given = names.giveNow(key, prefix, { ...NOTHING_LISTED, tools });
        afterOthers(async () => {
          const known = saved.get(key);
          if (known === undefined || known.retiredAtMs !== undefined)
            await save({ server: key, discovery: undefined, retiredAtMs: undefined });
        });
        return given.given.tools;
      },
      retire(family) {
        const key = familyKey(family);
        familiesInUse.delete(key);
        afterOthers(() => retire(key));
      },
    },
    async saved() {
      await savingFamilies;
      await names.settled();
    },
    async fork() {
      await savingFamilies;
      const nothing = async (): Promise<void> => {};
      const load = async (): Promise<readonly CatalogRecord[]> => [...saved.values()];
      const foresee: Pins['foresee'] = (server, tools, policy) => pins.foresee(server, tools, policy);
      return openCatalog({
        store: { load, save: nothing, remove: nothing },
        names: createPassingNames(new Map(names.committed())),
        pins: { check: foresee, foresee, remove: nothing },
        clock,
        warn: () => {},
        renamed: { server() {}, family() {} },
      });
    },
    [Symbol.dispose]: () => names[Symbol.dispose](),
  };
}

/** What the filter blocks nobody sees, whatever became of it. */
function allowedOnly(judgement: Judgement, isAllowed: (tool: string) => boolean): Judgement {
  const { deviating, removed } = judgement;
  if ([...deviating.keys()].every(isAllowed)) return judgement;
  return { deviating: new Map([...deviating].filter(([tool]) => isAllowed(tool))), removed };
}

const NOTHING_LISTED = { tools: [], prompts: [], resources: [], resourceTemplates: [] };

const NOTHING_GIVEN: ServerNames = {
  prefix: '',
  given: { tools: new Map(), prompts: new Map(), resources: new Map(), resourceTemplates: new Map() },
};

const FAMILY = 'family:';

/** A holder of names like a server, under a name that no server can have. */
function familyKey(family: string): string {
  return `${FAMILY}${family}`;
}

function isFamily(holder: string): boolean {
  return holder.startsWith(FAMILY);
}

function familyOf(holder: string): string {
  return holder.slice(FAMILY.length);
}
