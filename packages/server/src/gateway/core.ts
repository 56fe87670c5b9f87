// What both kinds of clients need of the gateway's inside, and how a request becomes an exchange.

import type { Edit, Message } from '@tutti/wire';
import type { Clock } from '../kernel/clock.ts';
import { type Channel, Exchange, type ExchangeOwner, type Outcome } from './exchange.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context/context.ts';
import { createFanOut, familyLabel } from './fan-out/fan-out.ts';
import type { Self } from './down/local.ts';
import type { OpenReplies } from './edge/open-replies.ts';
import type { ModernChannel } from './down/modern-channel.ts';
import type { GatewayLimits } from './limits.ts';
import { claimIn, guardByClaim } from './claimed.ts';
import { addNotice } from './notices.ts';
import type { Claims, GatewayEvents, Notices } from './ports.ts';
import { INVALID_PARAMS, rpcError } from './protocol/rpc.ts';
import { type Asked, askedFor } from './routing/denied.ts';
import { route } from './routing/route.ts';
import type { View } from './routing/view.ts';
import type { Listeners } from './sessions/listeners.ts';
import type { ParkedCalls } from './sessions/parked.ts';
import type { Session } from './sessions/session.ts';
import type { Sealer } from './sessions/seal.ts';
import type { UsedOnce } from './sessions/used-once.ts';
import type { Tasks } from './tasks/tasks.ts';
import type { Pool } from './upstream/pool.ts';

export interface Core {
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  readonly pool: Pool;
  readonly listeners: Listeners;
  readonly parked: ParkedCalls<ModernChannel>;
  readonly sealer: Sealer;
  readonly usedStates: UsedOnce;
  readonly self: Self;
  readonly events: GatewayEvents;
  readonly tasks: Tasks;
  readonly claims: Claims;
  /** The streams that stay open; those of calls are counted where they come in. */
  readonly streams: Pick<OpenReplies, 'standingRefusal' | 'stand'>;
  readonly context: Context;
  readonly notices: Notices | undefined;
  /** The same endpoint as the principal may see it now; undefined: not at all any more. */
  viewAgain(view: View, principal: string): View | undefined;
  /** Counts it, if a policy is why the one who asked finds nothing there. */
  missed(view: View, principal: string, asked: Asked): void;
  /** What is kept of a session is not what it was. */
  sessionChanged(session: Session): void;
}

const DEFAULT_CALL_TIMEOUT_MS = 30_000;

/** Routes the request; a refusal goes to the channel. Undefined then. `extra` is changed in the request besides the names. */
export function createExchange(
  core: Core,
  view: View,
  caller: Caller,
  message: Message,
  channel: Channel & ExchangeOwner,
  extra: readonly Edit[] = NO_EDITS,
): Exchange | undefined {
  const exchange = routed(core, view, caller, message, channel, extra);
  const claim = claimIn(message);
  if (exchange !== undefined && claim !== undefined) guardByClaim(core, exchange, claim);
  return exchange;
}

function routed(
  core: Core,
  view: View,
  caller: Caller,
  message: Message,
  channel: Channel & ExchangeOwner,
  extra: readonly Edit[],
): Exchange | undefined {
  if (message.body !== undefined && !message.bodyIsObject) {
    channel.finish({ kind: 'error', error: rpcError(INVALID_PARAMS, 'params must be an object.') });
    return undefined;
  }
  const found = route(view, message, caller, core.tasks.handles);
  if (found.kind === 'refused') {
    const asked = askedFor(message);
    if (asked !== undefined) core.missed(view, caller.principal, asked);
    channel.finish({ kind: 'error', error: found.error });
    return undefined;
  }
  if (found.kind === 'answered') {
    const type = caller.era === 'modern' ? '"resultType":"complete",' : '';
    channel.finish({ kind: 'result', json: `{${type}${found.result}}` });
    return undefined;
  }
  if (found.kind === 'members')
    return createFanOut(
      {
        pool: core.pool,
        clock: core.clock,
        deadlineOf: (server, nowMs) => deadlineOf(core, server, nowMs),
        finished: (exchange, outcome) => account(core, exchange, outcome),
        same: core.tasks.long.again(caller, message, familyLabel(found.family)),
      },
      { route: found, message, caller, channel },
    );
  const nowMs = core.clock.nowMs();
  const deadlineMs = deadlineOf(core, found.server, nowMs);
  const task = core.tasks.plan(caller, message, found);
  const edits = task === undefined ? extra : [...extra, ...task.edits];
  const exchange = new Exchange({
    request: message,
    method: message.method ?? '',
    caller: task?.caller ?? caller,
    server: found.server,
    tool: found.tool,
    renames: edits.length === 0 ? found.renames : [...found.renames, ...edits],
    paramHeaders: found.paramHeaders,
    startedMs: nowMs,
    deadlineMs,
    channel,
    owner: channel,
  });
  task?.attach(exchange);
  addNotice(core.notices, exchange, caller);
  return exchange;
}

const NO_EDITS: readonly Edit[] = [];

/** When a call that goes to the server now is given up. */
function deadlineOf(core: Pick<Core, 'pool'>, server: string, nowMs: number): number {
  return nowMs + (core.pool.slot(server)?.entry.limits.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS);
}

/** The bookkeeping at the end of every exchange. */
export function account(core: Core, exchange: Exchange, outcome: Outcome['outcome']): void {
  core.pool.finished(exchange);
  if (exchange.members !== undefined) return;
  core.events.callFinished({
    server: exchange.server,
    tool: exchange.tool,
    method: exchange.method,
    outcome,
    durationMs: core.clock.nowMs() - exchange.startedMs,
  });
}
