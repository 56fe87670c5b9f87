// What both kinds of clients need of the gateway's inside, and how a request becomes an exchange.

import type { Edit, Message } from '@tutti/wire';
import type { Clock } from '../kernel/clock.ts';
import { type Channel, Exchange, type ExchangeOwner, type Outcome } from './exchange.ts';
import type { Caller } from './caller.ts';
import type { Self } from './down/local.ts';
import type { OpenReplies } from './edge/open-replies.ts';
import type { ModernChannel } from './down/modern-channel.ts';
import type { GatewayLimits } from './limits.ts';
import type { GatewayEvents } from './ports.ts';
import { INVALID_PARAMS, rpcError } from './protocol/rpc.ts';
import { route } from './routing/route.ts';
import type { View } from './routing/view.ts';
import type { Listeners } from './sessions/listeners.ts';
import type { ParkedCalls } from './sessions/parked.ts';
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
  /** The streams that stay open; those of calls are counted where they come in. */
  readonly streams: Pick<OpenReplies, 'standingRefusal' | 'stand'>;
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
  if (message.body !== undefined && !message.bodyIsObject) {
    channel.finish({ kind: 'error', error: rpcError(INVALID_PARAMS, 'params must be an object.') });
    return undefined;
  }
  const found = route(view, message, caller, core.tasks.handles);
  if (found.kind === 'refused') {
    channel.finish({ kind: 'error', error: found.error });
    return undefined;
  }
  const nowMs = core.clock.nowMs();
  const callTimeoutMs = core.pool.slot(found.server)?.entry.limits.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
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
    deadlineMs: nowMs + callTimeoutMs,
    channel,
    owner: channel,
  });
  task?.attach(exchange);
  return exchange;
}

const NO_EDITS: readonly Edit[] = [];

/** The bookkeeping at the end of every exchange. */
export function account(core: Core, exchange: Exchange, outcome: Outcome['outcome']): void {
  core.pool.finished(exchange);
  core.events.callFinished({
    server: exchange.server,
    tool: exchange.tool,
    method: exchange.method,
    outcome,
    durationMs: core.clock.nowMs() - exchange.startedMs,
  });
}
