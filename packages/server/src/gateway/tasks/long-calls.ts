// Calls that take long. A client of the modern era that knows tasks gets one, made here, and comes for the result when it
// likes. Any other may lose patience: then the call goes on and its result is held, for the same call made again and for
// whoever has the handle. The spec lets a legacy client's lost connection mean nothing, and a timeout is no wish to stop;
// any other cancellation ends the call, as does a modern client that closes the stream of a call that is not long yet.

import { hash } from 'node:crypto';
import { type Message, notification, resultResponse } from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import type { Caller } from '../caller.ts';
import type { Exchange } from '../exchange.ts';
import { isWanted } from '../protocol/log-level.ts';
import type { View } from '../routing/view.ts';
import { digestOf } from '../sessions/parked.ts';
import type { Pool } from '../upstream/pool.ts';
import { declaresTasks, showsTasks } from './capability.ts';
import type { TaskHandles } from './handles.ts';
import { createdHeldTask } from './held-answers.ts';
import { HeldCall } from './held-call.ts';
import type { HeldCalls } from './held-calls.ts';
import { newHeldId } from './held-id.ts';

export interface LongCallsDeps {
  readonly clock: Clock;
  readonly pool: Pool;
  readonly handles: TaskHandles;
  readonly held: HeldCalls;
}

/** The handle that a client was told before it lost patience. */
export interface Promised {
  readonly id: string;
  readonly note: Buffer;
}

export class LongCalls {
  readonly #deps: LongCallsDeps;

  constructor(deps: LongCallsDeps) {
    this.#deps = deps;
  }

  /** The call that is made again; undefined for nearly every call. */
  again(caller: Caller, message: Message, server: string): HeldCall | undefined {
    const { held } = this.#deps;
    if (held.size === 0 || message.members.has('task')) return undefined;
    const identity = identityOf(caller, server, message);
    return identity === undefined ? undefined : held.same(identity);
  }

  /** Makes a task of the call, if its client knows what that is; with what ends the client's request. */
  handOut(
    exchange: Exchange,
    view: View,
    idText: string,
  ): { readonly held: HeldCall; readonly response: Buffer } | undefined {
    if (!declaresTasks(exchange.caller.capabilities) || exchange.isServersTask) return undefined;
    // On the way to one server its client was told what that server can do, and no more.
    if (view.server !== undefined && !showsTasks(view)) return undefined;
    if (!isOnItsOwnWay(exchange) || exchange.tool === undefined) return undefined;
    const { held: calls, pool, handles } = this.#deps;
    const held = calls.hold({ exchange, identity: undefined, isTask: true });
    if (held === undefined) return undefined;
    for (const one of exchange.members ?? [exchange]) {
      const { maxCallMs } = pool.slot(one.server)?.entry.limits ?? { maxCallMs: 0 };
      one.deadlineMs = Math.max(one.deadlineMs, one.startedMs + maxCallMs);
    }
    const handle = handles.seal(held.ref, held.principal);
    return { held, response: resultResponse(idText, createdHeldTask(held, handle)) };
  }

  /** A word to a client that follows the call's progress and wants to read such. */
  promise(exchange: Exchange): Promised | undefined {
    const { caller, request, server, tool } = exchange;
    if (tool === undefined || !this.#mayGoOn(exchange)) return undefined;
    if (!request.metaMembers.has('progressToken') || !isWanted('notice', caller.logLevel)) return undefined;
    const id = newHeldId(this.#deps.clock.nowMs());
    const handle = this.#deps.handles.seal({ server, home: '', id }, caller.principal);
    const data = {
      message: `${tool} of ${server} takes long. It goes on when you stop waiting; the same call again takes it up, and its result is kept under the handle, for get_result.`,
      handle,
    };
    const params = JSON.stringify({ level: 'notice', logger: 'tutti', data });
    return { id, note: notification('notifications/message', params) };
  }

  /** Its client does not wait any more. Undefined: the call has to end. */
  leave(exchange: Exchange, promised: Promised | undefined): HeldCall | undefined {
    if (exchange.finished || exchange.tool === undefined || !this.#mayGoOn(exchange)) return undefined;
    const { carrier, caller, server, request } = exchange;
    if (!isOnItsOwnWay(exchange))
      return carrier instanceof HeldCall && carrier.lost(exchange) ? carrier : undefined;
    const identity = identityOf(caller, server, request);
    return this.#deps.held.hold({ exchange, id: promised?.id, identity, isTask: false });
  }

  /** Whether a call whose client is lost has to end. */
  endsWithClient(exchange: Exchange): boolean {
    return !exchange.finished && isOnItsOwnWay(exchange) && !this.#mayGoOn(exchange);
  }

  /** A call of all members goes on where each of them may. */
  #mayGoOn(exchange: Exchange): boolean {
    const { pool } = this.#deps;
    return (exchange.members ?? [exchange]).every(
      ({ server }) => pool.slot(server)?.entry.abandonedCalls === 'finish',
    );
  }
}

/** To a server, or to all members of a family; not one that waits for another call, or for a task. */
function isOnItsOwnWay({ carrier, members }: Exchange): boolean {
  return carrier === undefined || (members !== undefined && members.length > 0);
}

/** Undefined for a client that can't be told from others. */
function identityOf(caller: Caller, server: string, request: Message): string | undefined {
  const { principal, era, sessionKey, clientInfo, capabilities } = caller;
  const who = era === 'legacy' ? sessionKey : clientInfo;
  if (who === undefined) return undefined;
  const digest = digestOf({ request, method: request.method ?? '' });
  const whole = JSON.stringify([principal, era, who, capabilities, server, digest]);
  return hash('sha256', whole, 'base64url');
}

/** How SDKs say that it was not somebody's wish, but the end of their patience. */
const TIMEOUT = /\btim(?:ed?|ing)[ _-]?out\b|\bdeadline\b/i;

export function isTimeout(reason: string | undefined): boolean {
  return reason !== undefined && TIMEOUT.test(reason);
}
