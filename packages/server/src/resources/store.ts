// Desired state: which servers are declared, by whom, with which settings of the gateway, and what is wrong with
// declarations. A change is told by names only, so that whoever listens looks at what is true now. In memory: the files are what lasts.

import {
  DEFAULT_GATEWAY_SETTINGS,
  type GatewayResource,
  type GatewaySettings,
  type McpServerResource,
  type SourceResource,
} from '@tutti/schemas';
import {
  admit,
  admitGateway,
  admitSources,
  keepLastGood,
  type Declaration,
  type Declarations,
} from './admission.ts';
import { digestOf, specDigest } from './digest.ts';
import { compareProblems, type Problem } from './problem.ts';

/** What a scope declares at one time. */
export interface ScopeContent {
  readonly servers: readonly McpServerResource[];
  /** `broken`: its last good version stays in force. */
  readonly gateway?: GatewayResource | 'broken' | undefined;
  /** `broken`: names of those whose last good version stays in force. */
  readonly sources?: { readonly declared: readonly SourceResource[]; readonly broken: ReadonlySet<string> };
  readonly problems: readonly Problem[];
  /** Names of servers whose last good version stays in force; `all` when the scope can't be read at all. */
  readonly broken: ReadonlySet<string> | 'all';
}

export type StoredServer = Declaration;

export interface ResourceStore {
  /** Puts what scopes declare now in the place of what they declared before; null: the scope is gone. All changes
   *  take effect at once, so that a server that moves from one file to another is never away. */
  apply(changes: ReadonlyMap<string, ScopeContent | null>): void;
  get(name: string): StoredServer | undefined;
  /** Sorted by name. */
  list(): readonly StoredServer[];
  /** Of the gateway, with all defaults; the same object until they change. */
  settings(): GatewaySettings;
  /** The sources beside this machine's files, in the order of their declarations. */
  sources(): readonly SourceResource[];
  /** All problems of all scopes, refused duplicates too, sorted by place. */
  problems(): readonly Problem[];
  /** Told after each change with the names it touches; with none when only settings, sources or problems changed. Dispose to stop. */
  watch(listener: (names: readonly string[]) => void): Disposable;
}

interface Scope {
  readonly declarations: Declarations;
  readonly gateway: GatewayResource | undefined;
  readonly sources: readonly SourceResource[];
  readonly problems: readonly Problem[];
}

export function createResourceStore(): ResourceStore {
  const scopes = new Map<string, Scope>();
  const listeners = new Set<(names: readonly string[]) => void>();
  let inForce: Declarations = new Map();
  let refused: readonly Problem[] = [];
  let servers = new Map<string, StoredServer>();
  let settings = DEFAULT_GATEWAY_SETTINGS;
  let sources: readonly SourceResource[] = [];

  return {
    apply(changes) {
      for (const [key, content] of changes) {
        if (content === null) scopes.delete(key);
        else scopes.set(key, nextScope(scopes.get(key), content));
      }
      const before = inForce;
      const admitted = admit(new Map([...scopes].map(([key, scope]) => [key, scope.declarations])));
      const gateway = admitGateway([...scopes.values()].flatMap((scope) => scope.gateway ?? []));
      const found = admitSources([...scopes.values()].flatMap((scope) => scope.sources));
      inForce = admitted.servers;
      ({ sources } = found);
      refused = [...admitted.refused, ...gateway.refused, ...found.refused];
      const previous = servers;
      servers = new Map();
      for (const [name, declaration] of inForce)
        servers.set(name, withGeneration(declaration, before.get(name), previous.get(name)));
      const declared = gateway.gateway?.spec ?? DEFAULT_GATEWAY_SETTINGS;
      if (digestOf(declared) !== digestOf(settings)) settings = declared;
      const names = changedNames(before, inForce);
      for (const listener of listeners) listener(names);
    },
    get: (name) => servers.get(name),
    list: () => [...servers.values()],
    settings: () => settings,
    sources: () => sources,
    problems: () =>
      [...[...scopes.values()].flatMap(({ problems }) => problems), ...refused].sort(compareProblems),
    watch(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}

function nextScope(before: Scope | undefined, content: ScopeContent): Scope {
  const { servers, gateway, sources, problems, broken } = content;
  const isGatewayKept = gateway === 'broken' || (gateway === undefined && broken === 'all');
  return {
    declarations: keepLastGood(before?.declarations, { servers, problems, broken }),
    gateway: isGatewayKept ? before?.gateway : gateway,
    sources: keepSources(before?.sources ?? [], sources, broken === 'all'),
    problems,
  };
}

function keepSources(
  before: readonly SourceResource[],
  now: ScopeContent['sources'],
  areAllBroken: boolean,
): readonly SourceResource[] {
  const declared = now?.declared ?? [];
  const kept = before.filter(
    ({ name }) =>
      (areAllBroken || now?.broken.has(name) === true) && declared.every((one) => one.name !== name),
  );
  return [...declared, ...kept];
}

function changedNames(before: Declarations, after: Declarations): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

/** The generation counts the changes of the spec; a file that was only moved about declares the same. */
function withGeneration(
  declaration: Declaration,
  before: Declaration | undefined,
  stored: StoredServer | undefined,
): StoredServer {
  if (stored === undefined) return declaration;
  if (declaration === before) return stored;
  const { resource } = declaration;
  const isSame = specDigest(resource.spec) === specDigest(stored.resource.spec);
  const generation = stored.resource.generation + (isSame ? 0 : 1);
  return { ...declaration, resource: { ...resource, generation } };
}
