// Desired state: which servers and toolsets are declared, by whom, with which settings of the gateway, and what is wrong
// with declarations. A change is told by names only, so that whoever listens looks at what is true now. In memory: what
// lasts are the files, and stored/ for what has none.

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
import { standingOf, type Suspension } from './suspension.ts';

/** What a scope declares at one time. */
export interface ScopeContent {
  readonly servers: readonly McpServerResource[];
  readonly toolsets?: readonly ToolsetResource[];
  /** `broken`: its last good version stays in force. */
  readonly gateway?: GatewayResource | 'broken' | undefined;
  /** What can't be read of it may well say who may come in. */
  readonly mayGuard?: boolean;
  readonly sources?: readonly SourceResource[];
  readonly problems: readonly Problem[];
  /** Names of servers whose last good version stays in force; `all` when the scope can't be read at all. */
  readonly broken: ReadonlySet<string> | 'all';
  /** The same for toolsets; `all` above counts for them, too. */
  readonly brokenToolsets?: ReadonlySet<string>;
  readonly brokenSources?: ReadonlySet<string>;
}

export interface StoredServer extends Declaration {
  /** By whom it is suspended, or kept in service against its declaration, if not by the declaration alone. The spec says
   *  what holds. */
  readonly suspension?: Suspension;
}

export interface ResourceStore {
  /** Puts what scopes declare now in the place of what they declared before; null: the scope is gone. All changes
   *  take effect at once, so that a server that moves from one file to another is never away. */
  apply(
    changes: ReadonlyMap<string, ScopeContent | null>,
    /** Commanded beside the declarations, if that changes with them. */
    suspensions?: ReadonlyMap<string, Suspension>,
  ): void;
  /** What was commanded beside the declarations, by server, in the place of what was before. */
  setSuspensions(suspensions: ReadonlyMap<string, Suspension>): void;
  /** Without those that a declaration has overtaken since they were set. */
  suspensions(): ReadonlyMap<string, Suspension>;
  get(name: string): StoredServer | undefined;
  /** Sorted by name. */
  list(): readonly StoredServer[];
  /** The Gateway in force; undefined when none is declared. */
  gateway(): GatewayResource | undefined;
  /** No Gateway is in force, and one that can't be read may well say who may come in. */
  lacksGuard(): boolean;
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
  readonly mayGuard: boolean;
  readonly sources: Declarations<SourceResource>;
  readonly problems: readonly Problem[];
}

interface Contents {
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly servers: ReadonlyMap<string, StoredServer>;
  readonly suspensions: ReadonlyMap<string, Suspension>;
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
  let suspensions: ReadonlyMap<string, Suspension> = new Map(contents?.suspensions);

  /** Makes the servers in force from declarations and suspensions, and tells of those that are others than before. */
  function refresh(before: Declarations): void {
    const previous = servers;
    const lapsed = new Set<string>();
    servers = new Map();
    for (const [name, declaration] of inForce) {
      const suspension = suspensions.get(name);
      const standing = suspension && standingOf(suspension, declaration.resource);
      if (standing === 'lapsed') lapsed.add(name);
      const counts = standing === 'in-force' ? suspension : undefined;
      servers.set(name, withGeneration(declaration, counts, before.get(name), previous.get(name)));
    }
    if (lapsed.size > 0) suspensions = new Map([...suspensions].filter(([name]) => !lapsed.has(name)));
    const names = [...new Set([...previous.keys(), ...servers.keys()])]
      .filter((name) => previous.get(name) !== servers.get(name))
      .sort();
    for (const listener of listeners) listener(names);
  }

  const store: ResourceStore = {
    apply(changes, commanded) {
      if (commanded !== undefined) suspensions = new Map(commanded);
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
      ({ gateway } = gateways);
      const declared = gateway?.spec ?? DEFAULT_GATEWAY_SETTINGS;
      if (digestOf(declared) !== digestOf(settings)) settings = declared;
      refresh(before);
    },
    setSuspensions(next) {
      suspensions = new Map(next);
      refresh(inForce);
    },
    suspensions: () => suspensions,
    scopes: () => [...scopes.keys()],
    fork: () => createResourceStore({ scopes, servers, suspensions }),
    get: (name) => servers.get(name),
    list: () => [...servers.values()],
    gateway: () => gateway,
    lacksGuard: () => gateway === undefined && [...scopes.values()].some(({ mayGuard }) => mayGuard),
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
    mayGuard: content.mayGuard === true,
    sources: keepLastGood(before?.sources, {
      declared: sources,
      problems,
      broken: broken === 'all' ? broken : brokenSources,
    }),
    problems,
  };
}

const NONE: ReadonlySet<string> = new Set();

/** The generation counts the changes of the spec; a file that was only moved about declares the same. */
function withGeneration(
  declaration: Declaration,
  suspension: Suspension | undefined,
  before: Declaration | undefined,
  stored: StoredServer | undefined,
): StoredServer {
  if (stored !== undefined && declaration === before && stored.suspension === suspension) return stored;
  const { resource } = declaration;
  const spec =
    suspension === undefined || suspension.suspended === resource.spec.suspended
      ? resource.spec
      : { ...resource.spec, suspended: suspension.suspended };
  const isSame = stored !== undefined && specDigest(spec) === specDigest(stored.resource.spec);
  const earlier = stored?.resource.generation ?? 0;
  const generation = isSame ? earlier : earlier + 1;
  return {
    ...declaration,
    resource: { ...resource, spec, generation },
    ...(suspension !== undefined && { suspension }),
  };
}
