// The real API over a real HTTP server, in front of a world that tests set.

import type { Coordination } from '../../src/coordination/coordination.ts';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  ApiEvent,
  ApiLogLine,
  ApiPlan,
  ApiPlanRequest,
  ApiPin,
  ApiProblem,
  ApiResource,
  ApiServer,
  ApiSource,
  ApiSuspended,
  ApiTool,
  ApiToolset,
} from '@tutti/schemas';
import type { ApiDeps } from '../../src/api/deps.ts';
import { createApiListener } from '../../src/api/listener.ts';
import { AppError } from '../../src/kernel/errors.ts';
import { accessOf } from '../../src/policy/access.ts';
import { INSTANCE_ADMIN, LOCAL } from '../../src/policy/principal.ts';

export const TOKEN = 'secret-token';

export interface World {
  servers: ApiServer[];
  tools: ApiTool[];
  toolsets: ApiToolset[];
  pins: ApiPin[];
  logs: ApiLogLine[];
  events: ApiEvent[];
  problems: ApiProblem[];
  sources: ApiSource[];
  /** Secrets of webhooks by Source. */
  readonly webhooks: Map<string, string | undefined>;
  readonly synced: string[];
  notReady: string[];
  /** What was counted of those who may not. */
  refused: string[];
  restarted: string[];
  resources: ApiResource[];
  readonly changes: string[];
  suspend(action: string, server: string, by: string): Promise<ApiSuspended>;
  discovered: string[];
  reloads: number;
  readonly planned: ApiPlanRequest[];
  failNext: Error | undefined;
  readonly logListeners: Set<(line: ApiLogLine) => void>;
  readonly eventListeners: Set<(event: ApiEvent) => void>;
}

export interface FakeApi extends AsyncDisposable {
  readonly url: string;
  readonly world: World;
  readonly deps: ApiDeps;
  addLog(text: string): void;
  /** As at shutdown: followed streams end. */
  endStreams(): void;
}

export function aServer(name: string, change: Partial<ApiServer['status']> = {}): ApiServer {
  return {
    name,
    type: 'stdio',
    origin: { source: 'files', file: 'tutti.yaml', line: 3 },
    toolCount: 2,
    status: {
      state: 'Running',
      restartCount: 0,
      consecutiveFailures: 0,
      conditions: [{ type: 'Ready', status: 'True', reason: 'Connected' }],
      ...change,
    },
  };
}

const NOTHING_PLANNED: ApiPlan = {
  changes: false,
  servers: [],
  keptServers: [],
  views: [],
  families: [],
  sources: [],
  settings: [],
  problems: [],
  drift: [],
};

export interface FakeApiOptions {
  readonly boundHost?: string;
  /** What answers at /mcp. */
  readonly mcp?: RequestListener;
}

export async function startFakeApi({ boundHost = '127.0.0.1', mcp }: FakeApiOptions = {}): Promise<FakeApi> {
  const world: World = {
    servers: [],
    tools: [],
    toolsets: [],
    pins: [],
    logs: [],
    events: [],
    problems: [],
    sources: [],
    webhooks: new Map(),
    synced: [],
    notReady: [],
    refused: [],
    restarted: [],
    resources: [],
    changes: [],
    async suspend(action, server, by) {
      world.changes.push(`${action} ${server} by ${by}`);
      const suspended = action === 'suspend' || action === 'stop';
      return { name: server, suspended, change: 'changed', kept: 'override', note: 'kept beside it' };
    },
    discovered: [],
    reloads: 0,
    planned: [],
    failNext: undefined,
    logListeners: new Set(),
    eventListeners: new Set(),
  };
  const closing = new AbortController();
  let url = '';
  const deps: ApiDeps = {
    origin: { boundHost, allowedHosts: [] },
    closing: closing.signal,
    accesses: {
      isRequired: false,
      all: () => [accessOf(LOCAL, []), accessOf(INSTANCE_ADMIN, [])],
      subscribe: () => ({ [Symbol.dispose]: () => undefined }),
      byPrincipal: (id) => deps.accesses.all().find(({ principal }) => principal.id === id),
      of(authorization) {
        if (authorization === undefined) return accessOf(LOCAL, []);
        if (authorization === `Bearer ${TOKEN}`) return accessOf(INSTANCE_ADMIN, []);
        return {
          kind: 'refused',
          key: 'unknown',
          reason: 'Nobody here has that key or token.',
          challenge: 'Bearer',
        };
      },
    },
    info: () => ({
      version: '0.1.0',
      pid: process.pid,
      url,
      mcpUrl: `${url}/mcp`,
      configPath: '/somewhere/tutti.yaml',
      statePath: '/somewhere/state',
      startedAt: '2026-11-20T10:00:00.000Z',
      uptimeSeconds: 12.5,
    }),
    readiness: () => ({ ready: world.notReady.length === 0, reasons: world.notReady }),
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'tutti_up 1\n' }),
    schema: (kind) => (kind === 'mcpserver' ? { type: 'object' } : undefined),
    refusals: { key: (reason) => world.refused.push(reason), policy: (what) => world.refused.push(what) },
    sees: () => true,
    seesAll: () => true,
    servers() {
      if (world.failNext !== undefined) throw world.failNext;
      return world.servers;
    },
    server: (name) => world.servers.find((server) => server.name === name),
    toolsets: () => world.toolsets,
    pins: () => world.servers.map(({ name }) => ({ server: name, policy: 'flag' })),
    pinsOf: async () => world.pins,
    sessionKeyOf: () => undefined,
    results: { list: () => [], read: () => undefined, drop: () => undefined },
    tools({ query = '', server, name, limit = 2, cursor = '0' }) {
      const found = world.tools.filter(
        (tool) =>
          tool.exposedName.includes(query) &&
          (server === undefined || tool.server === server) &&
          (name === undefined || tool.exposedName === name || tool.name === name),
      );
      const end = Number(cursor) + limit;
      return {
        items: found.slice(Number(cursor), end),
        nextCursor: end < found.length ? String(end) : undefined,
      };
    },
    families: () => [],
    problems: () => world.problems,
    sources: {
      list: () => world.sources,
      webhook: (name) => (world.webhooks.has(name) ? { secret: world.webhooks.get(name) } : undefined),
      syncSoon: (name) => void world.synced.push(name),
    },
    logs: (server, tail) => world.logs.filter((line) => line.server === server).slice(-tail),
    onLog: (_, listener) => subscription(world.logListeners, listener),
    events: async (query) => deps.recentEvents(query),
    recentEvents: ({ name }) => world.events.filter((event) => name === undefined || event.name === name),
    onEvent: (_, listener) => subscription(world.eventListeners, listener),
    async discover(name) {
      world.discovered.push(name);
    },
    backup: () => Promise.resolve(ReadableStream.from(['{}\n'])),
    async explain({ tool, set = '' }, { principal }) {
      return { asked: tool, as: principal.id, view: `/mcp${set}`, items: [], nearest: [] };
    },
    async plan(request) {
      world.planned.push(request);
      return NOTHING_PLANNED;
    },
    coordination: unused(),
    control: {
      async apply({ text, path = '-' }, by) {
        if (world.failNext !== undefined) throw world.failNext;
        world.changes.push(`apply ${path} by ${by}: ${text}`);
        return { items: [{ kind: 'MCPServer', name: 'new', change: 'created' }], warnings: [] };
      },
      check: () => world.problems,
      async remove(kind, name, by) {
        if (name === 'owned') throw new AppError('refused', 'It is declared in /a.yaml:1; change it there.');
        world.changes.push(`remove ${kind} ${name} by ${by}`);
      },
      resources: () => world.resources,
      resource: (kind, name) => world.resources.find((one) => one.kind === kind && one.name === name),
      suspend: (server, by) => world.suspend('suspend', server, by),
      resume: (server, by) => world.suspend('resume', server, by),
      start: (server, by) => world.suspend('start', server, by),
      stop: (server, by) => world.suspend('stop', server, by),
      async restart(name) {
        world.restarted.push(name);
        if (name === 'stubborn') throw new AppError('unavailable', 'It is being stopped; try again in 10 s.');
      },
      async approvePins(name, approval, by) {
        world.changes.push(`approve ${name} by ${by}: ${JSON.stringify(approval)}`);
        return world.pins;
      },
      async reconnect(name) {
        world.restarted.push(`${name} anew`);
      },
      async reload() {
        world.reloads += 1;
      },
    },
  };
  const listener = createApiListener(deps);
  const server = createServer((request, response) =>
    (request.url === '/mcp' && mcp !== undefined ? mcp : listener)(request, response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    world,
    deps,
    addLog(text) {
      const line = { time: new Date(0).toISOString(), server: 'alpha', stream: 'stderr', text } as const;
      world.logs.push(line);
      for (const listener of world.logListeners) listener(line);
    },
    endStreams: () => closing.abort(),
    async [Symbol.asyncDispose]() {
      closing.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the routes ask for before anybody calls them. */
const NOUNS: ReadonlySet<unknown> = new Set([
  'agents',
  'tasks',
  'budgets',
  'cards',
  'messages',
  'threads',
  'rooms',
]);

/** What no test of this API calls. */
function unused(): Coordination {
  return new Proxy<Coordination>(Object.create(null), {
    get: (_, name) => {
      if (NOUNS.has(name)) return unused();
      throw new Error(`${String(name)} is not part of this fake`);
    },
  });
}

function subscription<T>(listeners: Set<T>, listener: T): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => listeners.delete(listener) };
}
