// Desired state: which servers and toolsets are declared, by whom, with which settings of the gateway, and what is wrong
// with declarations. A change is told by names only, so that whoever listens looks at what is true now. In memory: the files are what lasts.

import {
  DEFAULT_GATEWAY_SETTINGS,
  type GatewayResource,
  type GatewaySettings,
  type McpServerResource,
  type SourceResource,
  type ToolsetResource,
} from '@tutti/schemas';
import { admit, admitGateway, keepLastGood, type Declaration, type Declarations } from './admission.ts';
import { digestOf, specDigest } from './digest.ts';
import { compareProblems, type Problem } from './problem.ts';

/** What a scope declares at one time. */
export interface ScopeContent {
  readonly servers: readonly McpServerResource[];
  readonly toolsets?: readonly ToolsetResource[];
  /** `broken`: its last good version stays in force. */
  readonly gateway?: GatewayResource | 'broken' | undefined;
  readonly sources?: readonly SourceResource[];
  readonly problems: readonly Problem[];
  /** Names of servers whose last good version stays in force; `all` when the scope can't be read at all. */
  readonly broken: ReadonlySet<string> | 'all';
  /** The same for toolsets; `all` above counts for them, too. */
  readonly brokenToolsets?: ReadonlySet<string>;
  readonly brokenSources?: ReadonlySet<string>;
}

export type StoredServer = Declaration;

export interface ResourceStore {
  /** Puts what scopes declare now in the place of what they declared before; null: the scope is gone. All changes
   *  take effect at once, so that a server that moves from one file to another is never away. */
  apply(changes: ReadonlyMap<string, ScopeContent | null>): void;
  get(name: string): StoredServer | undefined;
  /** Sorted by name. */
  list(): readonly StoredServer[];
  /** The Gateway in force; undefined when none is declared. */
  gateway(): GatewayResource | undefined;
  /** Sorted by name. */
  toolsets(): readonly Declaration<ToolsetResource>[];
  /** Of the gateway, with all defaults; the same object until they change. */
  settings(): GatewaySettings;
  /** The sources beside this machine's files; sorted by name. */
  sources(): readonly SourceResource[];
  /** The scopes that declare something, or have problems. */
  scopes(): readonly string[];
  /** A store with the same contents, to see what changes would come to. Nobody watches it. */
  fork(): ResourceStore;
  /** All problems of all scopes, refused duplicates too, sorted by place. */
  problems(): readonly Problem[];
  /** Told after each change with the names it touches; with none when only other things changed. Dispose to stop. */
  watch(listener: (names: readonly string[]) => void): Disposable;
}

interface Scope {
  readonly declarations: Declarations;
  readonly toolsets: Declarations<ToolsetResource>;
  readonly gateway: GatewayResource | undefined;
  readonly sources: Declarations<SourceResource>;
  readonly problems: readonly Problem[];
}

interface Contents {
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly servers: ReadonlyMap<string, StoredServer>;
}

export function createResourceStore(contents?: Contents): ResourceStore {
  const scopes = new Map<string, Scope>(contents?.scopes);
  const listeners = new Set<(names: readonly string[]) => void>();
  let inForce: Declarations = new Map();
  let toolsets: Declarations<ToolsetResource> = new Map();
  let refused: readonly Problem[] = [];
  let servers = new Map<string, StoredServer>(contents?.servers);
  let gateway: GatewayResource | undefined;
  let settings = DEFAULT_GATEWAY_SETTINGS;
  let sources: readonly SourceResource[] = [];

  const store: ResourceStore = {
    apply(changes) {
      for (const [key, content] of changes) {
        if (content === null) scopes.delete(key);
        else scopes.set(key, nextScope(scopes.get(key), content));
      }
      const before = inForce;
      const admitted = admit(new Map([...scopes].map(([key, scope]) => [key, scope.declarations])));
      const gateways = admitGateway([...scopes.values()].flatMap((scope) => scope.gateway ?? []));
      const views = admit(new Map([...scopes].map(([key, scope]) => [key, scope.toolsets])));
      const found = admit(new Map([...scopes].map(([key, scope]) => [key, scope.sources])));
      inForce = admitted.inForce;
      toolsets = views.inForce;
      sources = [...found.inForce.values()].map(({ resource }) => resource);
      refused = [...admitted.refused, ...views.refused, ...gateways.refused, ...found.refused];
      const previous = servers;
      servers = new Map();
      for (const [name, declaration] of inForce)
        servers.set(name, withGeneration(declaration, before.get(name), previous.get(name)));
      ({ gateway } = gateways);
      const declared = gateway?.spec ?? DEFAULT_GATEWAY_SETTINGS;
      if (digestOf(declared) !== digestOf(settings)) settings = declared;
      const names = changedNames(before, inForce);
      for (const listener of listeners) listener(names);
    },
    scopes: () => [...scopes.keys()],
    fork: () => createResourceStore({ scopes, servers }),
    get: (name) => servers.get(name),
    list: () => [...servers.values()],
    gateway: () => gateway,
    toolsets: () => [...toolsets.values()],
    settings: () => settings,
    sources: () => sources,
    problems: () =>
      [...[...scopes.values()].flatMap(({ problems }) => problems), ...refused].sort(compareProblems),
    watch(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
  if (contents !== undefined) store.apply(new Map());
  return store;
}

function nextScope(before: Scope | undefined, content: ScopeContent): Scope {
  const { servers, toolsets = [], sources = [], gateway, problems, broken } = content;
  const { brokenToolsets = NONE, brokenSources = NONE } = content;
  const isGatewayKept = gateway === 'broken' || (gateway === undefined && broken === 'all');
  return {
    declarations: keepLastGood(before?.declarations, { declared: servers, problems, broken }),
    toolsets: keepLastGood(before?.toolsets, {
      declared: toolsets,
      problems,
      broken: broken === 'all' ? broken : brokenToolsets,
    }),
    gateway: isGatewayKept ? before?.gateway : gateway,
    sources: keepLastGood(before?.sources, {
      declared: sources,
      problems,
      broken: broken === 'all' ? broken : brokenSources,
    }),
    problems,
  };
}

const NONE: ReadonlySet<string> = new Set();

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
