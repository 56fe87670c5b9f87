// Serves every server that declares a port on that port too, by itself. Level-triggered like the reconciler: a change
// only says which ports to look at, and a port that can't be opened is tried again, while all else goes on.

import type { ApiCondition, GatewaySettings } from '@tutti/schemas';
import type { Gateway } from '../gateway/gateway.ts';
import type { GatewayLimits } from '../gateway/limits.ts';
import { backoffDelayMs, type BackoffPolicy } from '../kernel/backoff.ts';
import { createWorkQueue } from '../kernel/work-queue.ts';
import { isLoopback } from '../policy/origin.ts';
import { pathOf } from '../resources/origin.ts';
import type { Problem } from '../resources/problem.ts';
import { allotPorts, type PortAllotment } from '../resources/server-ports.ts';
import type { ResourceStore } from '../resources/store.ts';
import { httpUrl, listen, type HttpServer } from './http-server.ts';
import { liveOrigin } from './live-origin.ts';
import { createPortStates, type PortState, type PortStatesDeps } from './port-states.ts';

const RETRY: BackoffPolicy = { initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: 0.2 };
/** Ports that are opened or closed at once. */
const CONCURRENCY = 8;
const CHOOSE = { port: 'in `port`', host: 'in `ports.host` of the Gateway' };

export interface ServerPortsDeps extends PortStatesDeps {
  readonly store: Pick<ResourceStore, 'list' | 'settings' | 'watch'>;
  readonly gateway: Pick<Gateway, 'serveAlone'>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly limits: GatewayLimits;
  /** Where Tutti itself listens. */
  readonly host: string;
  readonly port: number;
  /** Others may reach the ports although nothing authenticates them. */
  readonly insecureOpen: boolean;
  /** Who has a port, for people. */
  readonly findHolder: (port: number) => Promise<{ readonly pid: number; readonly name: string } | undefined>;
  readonly warn: (message: string, cause?: unknown) => void;
}

export interface ServerPorts extends AsyncDisposable {
  /** `http://HOST:PORT` of a server that is served by itself now. */
  url(server: string): string | undefined;
  /** Undefined for a server that declares no port. */
  condition(server: string): ApiCondition | undefined;
  /** Ports that servers can't have as they are declared. */
  problems(): readonly Problem[];
  /** Where Tutti itself listens, and so who may reach the ports. */
  readonly listensAt: ListensAt;
  /** Open responses may go on. */
  stopAccepting(): void;
}

/** Where Tutti itself listens. */
export type ListensAt = Pick<ServerPortsDeps, 'host' | 'port' | 'insecureOpen'>;

/** Who may have which port, by what is declared. */
export function allotServerPorts(
  store: Pick<ResourceStore, 'list' | 'settings'>,
  at: ListensAt,
): PortAllotment {
  const settings = store.settings();
  const host = hostOf(settings, at);
  const isExposed = !isLoopback(host) && !at.insecureOpen && !settings.auth.required;
  return allotPorts(
    store.list().map(({ resource }) => resource),
    { ...settings.ports, own: at.port, exposedHost: isExposed ? host : undefined },
  );
}

export function portProblems({ refused }: PortAllotment): readonly Problem[] {
  return refused
    .filter(({ isProblem }) => isProblem)
    .map(({ resource: { origin }, message }) => ({
      path: pathOf(origin),
      line: origin.line,
      column: 1,
      field: 'port',
      message,
      severity: 'error' as const,
    }));
}

function hostOf({ ports }: GatewaySettings, at: Pick<ServerPortsDeps, 'host'>): string {
  return ports.host ?? at.host;
}

interface Listening {
  readonly server: string;
  readonly host: string;
  readonly http: HttpServer;
  readonly door: Disposable;
}

interface Failure {
  readonly count: number;
  readonly message: string;
  readonly retryAtMs: number;
}

/** Resolves when each port was tried once. */
export async function createServerPorts(deps: ServerPortsDeps): Promise<ServerPorts> {
  const { store, gateway, clock } = deps;
  const states = createPortStates(deps);
  const open = new Map<number, Listening>();
  const failures = new Map<number, Failure>();
  let stopping = false;
  let host = hostOf(store.settings(), deps);
  let allotment = allotServerPorts(store, deps);

  function follow(): void {
    const [before, hostBefore] = [allotment, host];
    host = hostOf(store.settings(), deps);
    allotment = allotServerPorts(store, deps);
    for (const port of new Set([...before.holders.keys(), ...allotment.holders.keys()])) {
      const isSame = before.holders.get(port)?.name === allotment.holders.get(port)?.name;
      if (isSame && host === hostBefore) continue;
      failures.delete(port);
      queue.add(String(port));
    }
    review();
  }

  /** Brings what is shown up to date. */
  function review(): void {
    const declared = new Map<string, PortState>();
    for (const [port, { name }] of allotment.holders) declared.set(name, stateOf(port, name));
    for (const { resource, reason, message } of allotment.refused)
      declared.set(resource.name, {
        status: 'False',
        reason,
        message: `is not served on a port of its own: ${message}`,
      });
    const names = new Set(store.list().map(({ resource }) => resource.name));
    for (const name of new Set([...states.servers(), ...declared.keys()]))
      states.set(name, declared.get(name), names.has(name));
  }

  function stateOf(port: number, server: string): PortState {
    const listening = open.get(port);
    if (listening?.server === server) {
      const url = httpUrl(listening.host, port);
      return { status: 'True', reason: 'Listening', message: `is served by itself on ${url}`, url };
    }
    const failure = failures.get(port);
    if (failure === undefined)
      return { status: 'Unknown', reason: 'Opening', message: `port ${port} is being opened` };
    const { message, retryAtMs } = failure;
    return { status: 'False', reason: 'Unavailable', message, retryAtMs };
  }

  async function work(key: string): Promise<void> {
    const port = Number(key);
    const wanted = stopping ? undefined : allotment.holders.get(port)?.name;
    const old = open.get(port);
    if (old !== undefined && (old.server !== wanted || old.host !== host)) {
      open.delete(port);
      await shut(old);
    }
    if (wanted !== undefined && !open.has(port)) await tryToOpen(port, wanted);
    review();
  }

  async function tryToOpen(port: number, server: string): Promise<void> {
    const boundHost = host;
    const origin = liveOrigin(boundHost, store);
    const door = gateway.serveAlone(server, origin);
    try {
      const http = await listen({
        host: boundHost,
        port,
        limits: deps.limits,
        choose: CHOOSE,
        handle: (request, response) => door.handle(request, response),
      });
      failures.delete(port);
      open.set(port, { server, host: boundHost, http, door });
      if (stopping) http.stopAccepting();
    } catch (error) {
      door[Symbol.dispose]();
      const count = (failures.get(port)?.count ?? 0) + 1;
      const retryAtMs = clock.nowMs() + backoffDelayMs(RETRY, count, deps.random());
      failures.set(port, { count, message: await explain(port, error), retryAtMs });
      queue.addAt(String(port), retryAtMs);
    }
  }

  async function explain(port: number, error: unknown): Promise<string> {
    const text = error instanceof Error ? error.message : String(error);
    const holder = await deps.findHolder(port);
    return holder === undefined ? text : `${text}; process ${holder.pid} (${holder.name}) has it`;
  }

  async function shut({ http, door }: Listening): Promise<void> {
    http.stopAccepting();
    door[Symbol.dispose]();
    await http.close();
  }

  const queue = createWorkQueue({
    clock,
    concurrency: CONCURRENCY,
    work,
    failed: (port, error) =>
      deps.warn(`port ${port} could not be looked after and will be tried again`, error),
  });
  for (const port of allotment.holders.keys()) queue.add(String(port));
  review();
  const watching = store.watch(follow);
  await queue.idle();

  return {
    listensAt: deps,
    url: (server) => states.url(server),
    condition: (server) => states.condition(server),
    problems: () => portProblems(allotment),
    stopAccepting() {
      stopping = true;
      for (const { http } of open.values()) http.stopAccepting();
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      watching[Symbol.dispose]();
      await queue[Symbol.asyncDispose]();
      await Promise.all([...open.values()].map(shut));
      open.clear();
    },
  };
}
