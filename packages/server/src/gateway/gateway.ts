// Composes the data plane: one endpoint over the servers of the snapshot. It owns instances, sessions and parked calls,
// and knows nothing of where servers come from.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { ENVELOPE } from '@tutti/wire';
import type { Clock } from '../kernel/clock.ts';
import type { Asker } from '../policy/asker.ts';
import type { Access } from '../policy/access.ts';
import type { OriginPolicy } from '../policy/origin.ts';
import { Context } from './context/context.ts';
import type { ContextMode } from './context/mode.ts';
import type { Core } from './core.ts';
import type { ModernChannel } from './down/modern-channel.ts';
import { endpointOf } from './edge/endpoint.ts';
import { createHttpEdge } from './edge/http.ts';
import { LegacyDoor } from './edge/legacy-door.ts';
import { OpenReplies } from './edge/open-replies.ts';
import { createServerDoor, type ServerDoor } from './edge/server-door.ts';
import { SseDoor } from './edge/sse.ts';
import type { Exchange } from './exchange.ts';
import { familyOfLabel } from './fan-out/fan-out.ts';
import type { GatewayLimits } from './limits.ts';
import type { GatewayPorts } from './ports.ts';
import { type Asked, isDenied } from './routing/denied.ts';
import { mayUseStill } from './routing/restricted-selection.ts';
import type { View } from './routing/view.ts';
import { type Place, Views } from './routing/views.ts';
import { whenKnown } from './routing/when-known.ts';
import { createAccessFollower } from './sessions/follow-accesses.ts';
import { KeptSessions } from './sessions/kept.ts';
import { Listeners } from './sessions/listeners.ts';
import { digestOf, ParkedCalls } from './sessions/parked.ts';
import { createSealer } from './sessions/seal.ts';
import { Sessions } from './sessions/sessions.ts';
import { UsedOnce } from './sessions/used-once.ts';
import { createTaskHandles } from './tasks/handles.ts';
import { createResults, type Results } from './tasks/results.ts';
import { Tasks } from './tasks/tasks.ts';
import { openLink } from './upstream/open-link.ts';
import { Pool } from './upstream/pool.ts';
import { StartGate } from './upstream/start-gate.ts';

export interface GatewayOptions {
  readonly ports: GatewayPorts;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly limits: GatewayLimits;
  readonly origin: OriginPolicy;
  /** The host's id, which stands in what clients carry for it. */
  readonly owner: string;
  readonly version: string;
  /** Signs what clients carry for us. The same after a restart, so that what they carry is still known for ours. */
  readonly key: Buffer;
  /** Processes that may start at a time. */
  readonly startsAtOnce: number;
  /** What clients list, where neither they nor their toolset say it. */
  readonly contextMode: () => ContextMode | 'auto';
}

export interface Gateway {
  /** Takes the request if its path is an endpoint of MCP. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** One server by itself, for a listener of its own; dispose to end its streams and sessions. */
  serveAlone(server: string, origin: OriginPolicy): ServerDoor;
  /** What an endpoint shows somebody now; undefined when there is no such server or toolset for them. */
  view(place: Place, access: Access): View | undefined;
  readonly stats: {
    readonly sessions: number;
    readonly openReplies: number;
    readonly openCalls: number;
    readonly parked: number;
  };
  /** Whether the one who asks has a connection to the server of its own, whatever the state of the server is otherwise. */
  isConnectedFor(server: string, asker: Asker): boolean;
  /** The key of a session by its id; undefined when it is none of this principal. */
  sessionKeyOf(id: string, principal: string): string | undefined;
  /** Calls that are held for clients which do not wait for them. */
  readonly results: Results;
  /** Calls that each server has not answered yet. */
  inFlight(): Iterable<readonly [server: string, calls: number]>;
  /** Lets calls in flight finish for `drainMs`, then closes sessions and instances. */
  close(drainMs: number): Promise<void>;
}

export function createGateway(options: GatewayOptions): Gateway {
  const { ports, clock, limits, key } = options;
  const sealer = createSealer(key, options.owner);
  const self = JSON.stringify({ name: 'tutti', version: options.version });
  const listeners = new Listeners(clock, (list, count) => ports.events.listChangedSent(list, count));
  const parked = new ParkedCalls<ModernChannel>({
    clock,
    sealer,
    max: limits.maxParked,
    timeoutMs: limits.askTimeoutMs,
    internalError: (error) => ports.events.internalError(error),
  });

  const pool = new Pool(
    ports.snapshots,
    {
      clock,
      observations: ports.observations,
      open: (server, instance, signal) => ports.dialer.open(server, instance, signal),
      openLink: (connection, handlers, entry) =>
        openLink({ clock, random: options.random }, connection, handlers, entry),
      seal: (exchange: Exchange, state: string) =>
        JSON.stringify(
          sealer.seal({
            kind: 'state',
            principal: exchange.caller.principal,
            server: exchange.server,
            digest: digestOf(exchange),
            expiresMs: clock.nowMs() + limits.askTimeoutMs,
            value: state,
          }).text,
        ),
      startGate: new StartGate(clock, options.startsAtOnce),
      askTimeoutMs: limits.askTimeoutMs,
      self,
      resourceUpdated: (server, message) => listeners.resourceUpdated(server, message),
      taskOf: (instance, question) => tasks.taskOf(instance, question),
      otherNotification: (instance, message, exchange) => {
        // What comes on a stream of the gateway's own belongs to no call.
        if (tasks.heard(instance, message) || message.metaMembers.has(ENVELOPE.subscriptionId)) return;
        exchange?.channel.notify(message.bytes);
      },
      serverLog: (server, stream, line) => ports.events.serverLog(server, stream, line),
      internalError: (error) => ports.events.internalError(error),
      limitReached: (limit, server) => ports.events.limitReached(limit, server),
    },
    limits.longCallAfterMs,
  );

  /** Of a call of all members of a family: whether each of them may still be used; the family has to be there. */
  function mayUse(principal: string, server: string, tool: string | undefined): boolean {
    const family = familyOfLabel(server);
    if (family === undefined) return mayUseOne(principal, server, tool);
    const members = ports.snapshots.current().families.get(family)?.servers ?? [];
    return members.length > 0 && members.every((member) => mayUseOne(principal, member, tool));
  }

  function mayUseOne(principal: string, server: string, tool: string | undefined): boolean {
    const access = ports.accesses.byPrincipal(principal);
    const item = () =>
      ports.snapshots
        .current()
        .servers.get(server)
        ?.segment?.byTool.get(tool ?? '');
    return access !== undefined && mayUseStill(access.rules, { server, tool, item });
  }

  function missed(view: View, principal: string, asked: Asked): void {
    const rules = ports.accesses.byPrincipal(principal)?.rules ?? [];
    if (isDenied(ports.snapshots.current(), view, rules, asked)) ports.events.policyDenied(asked.kind);
  }

  const tasks = new Tasks({
    clock,
    pool,
    handles: createTaskHandles(key),
    mayUse,
    denied: () => ports.events.policyDenied('result'),
    askTimeoutMs: limits.askTimeoutMs,
    resultTtlMs: limits.resultTtlMs,
    results: ports.results,
    limitReached: (limit, server) => ports.events.limitReached(limit, server),
    heldChanged: (count) => ports.events.callsHeld(count),
    internalError: (error) => ports.events.internalError(error),
  });

  const results = createResults({
    calls: tasks.calls,
    handles: tasks.handles,
    mayUse,
    denied: () => ports.events.policyDenied('result'),
  });

  const views = new Views({
    snapshots: ports.snapshots,
    toolsets: ports.toolsets,
    changed: (changes) => listeners.changed(changes),
    first: ports.accesses.all()[0],
  });

  function viewAgain(view: View, principal: string): View | undefined {
    const access = ports.accesses.byPrincipal(principal);
    return access && views.again(view, access);
  }

  const replies = new OpenReplies(clock, limits);
  const core: Core = {
    clock,
    limits,
    pool,
    listeners,
    parked,
    sealer,
    usedStates: new UsedOnce(),
    self: { info: self },
    events: ports.events,
    tasks,
    claims: ports.claims,
    streams: replies,
    notices: ports.notices,
    context: new Context({
      declared: options.contextMode,
      needingLogin: (view, caller) =>
        needingLogin(view).filter((name) => pool.slot(name)?.owned.isLive(caller) !== true),
      results,
      missed,
    }),
    viewAgain,
    missed,
    sessionChanged: (session) => sessions.changed(session),
  };
  const sessions = new Sessions({
    kept: new KeptSessions({ store: ports.sessions, limits, placeOf: (view) => views.placeOf(view) }),
    clock,
    limits,
    owner: options.owner,
    key,
    changed: (open) => ports.events.sessionsChanged(open),
    ended: (session) => {
      if (session.sessionKey !== undefined) tasks.sessionEnded(session.sessionKey);
      door.ended(session);
    },
  });
  const door = new LegacyDoor(core, sessions);

  const following = new DisposableStack();
  const follow = createAccessFollower({
    accesses: ports.accesses,
    views,
    sessions,
    listeners,
    viewAgain,
    forget: (principal) => tasks.forgetPrincipal(principal),
  });
  let accessChanges = 0;
  // Who may use a toolset is said by the toolset.
  for (const source of [ports.accesses, ports.toolsets])
    following.use(
      source.subscribe(() => {
        accessChanges += 1;
        follow();
      }),
    );

  const edge = {
    core,
    replies,
    legacy: door,
    whenKnown(server: string) {
      pool.wantLists(server);
      return whenKnown(ports.snapshots, clock, server);
    },
    accesses: ports.accesses,
    accessChanges: () => accessChanges,
  };
  const handle = createHttpEdge({
    ...edge,
    origin: options.origin,
    sse: new SseDoor({ ...edge, door }),
    endpoint: endpointOf,
    view(place, access) {
      const view = views.of(place, access);
      if (view === undefined && place.kind !== 'all' && views.has(place))
        ports.events.policyDenied(place.kind === 'set' ? 'toolset' : 'server');
      return view;
    },
  });

  let closing: Promise<void> | undefined;
  async function close(drainMs: number): Promise<void> {
    following.dispose();
    views[Symbol.dispose]();
    replies.shutdown();
    tasks.calls.closing();
    await pool.close('tutti is stopping', drainMs);
    sessions[Symbol.dispose]();
    listeners[Symbol.dispose]();
    parked[Symbol.dispose]();
    tasks[Symbol.dispose]();
    replies[Symbol.dispose]();
  }

  return {
    handle,
    serveAlone: (server, origin) => createServerDoor({ ...edge, origin, sessions, views, server }),
    view: (place, access) => views.of(place, access),
    get stats() {
      return {
        sessions: sessions.size,
        openReplies: replies.size,
        openCalls: pool.open,
        parked: parked.size,
      };
    },
    isConnectedFor: (server, asker) => pool.slot(server)?.owned.isLive(asker) === true,
    sessionKeyOf(id, principal) {
      const session = sessions.peek(id);
      return session?.principal === principal ? session.sessionKey : undefined;
    },
    results,
    *inFlight() {
      for (const slot of pool.slots()) yield [slot.entry.name, slot.load];
    },
    close(drainMs) {
      closing ??= close(drainMs);
      return closing;
    },
  };
}

function needingLogin(view: View): string[] {
  return [...view.entries()]
    .filter(({ admission }) => admission.kind === 'hold' && admission.state === 'Auth Required')
    .map(({ name }) => name);
}
