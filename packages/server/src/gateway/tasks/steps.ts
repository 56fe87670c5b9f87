// Requests to one task's server that together answer one request of a client. They are exchanges of their own, in the
// client's name, so that limits, deadlines and envelopes are those of any call.

import { isScanFailure, type Message, type Member, request, scanMessage } from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { type Channel, Exchange, type Reply } from '../exchange.ts';
import type { Caller } from '../caller.ts';
import { rpcErrorOf, type RpcError } from '../protocol/rpc.ts';
import type { Pool } from '../upstream/pool.ts';
import type { TaskRef } from './handles.ts';
import type { TaskHomes } from './homes.ts';

export type Step =
  | { readonly kind: 'result'; readonly message: Message; readonly body: Member }
  /** The server answered with an error. */
  | { readonly kind: 'error'; readonly message: Message }
  /** There was no answer. */
  | { readonly kind: 'failed'; readonly error: RpcError }
  /** Nobody wants it any more. */
  | { readonly kind: 'cancelled' };

export interface StepsOptions {
  readonly clock: Clock;
  readonly pool: Pool;
  readonly caller: Caller;
  readonly ref: TaskRef;
  readonly homes: TaskHomes;
  /** JSON text of the `_meta` of the client's own request. */
  readonly meta: string | undefined;
  /** Where notifications and questions go that come up on the way. */
  readonly channel: Omit<Channel, 'finish'>;
}

const DEFAULT_TIMEOUT_MS = 30_000;

export class Steps {
  readonly #options: StepsOptions;
  readonly #open = new Set<Exchange>();
  #wake: (() => void) | undefined;

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  /** `more` are further members of the params, `,"name":value`. */
  ask(method: string, more = '', timeoutMs?: number): Promise<Step> {
    return new Promise((resolve) => {
      this.open(method, more, timeoutMs, resolve);
    });
  }

  /** The same, for somebody who wants to hold the exchange. */
  open(
    method: string,
    more: string,
    timeoutMs: number | undefined,
    done: (step: Step) => void,
  ): Exchange | undefined {
    const { clock, pool, homes, caller, ref, meta, channel } = this.#options;
    const home = homes.find(ref);
    const tail = meta === undefined ? '' : `,"_meta":${meta}`;
    const message = scanMessage(request('0', method, `{"taskId":${ref.id}${more}${tail}}`));
    if (home.kind === 'gone') {
      done(failed(new AppError('not_found', 'The task is gone with the process that ran it.')));
      return undefined;
    }
    if (isScanFailure(message)) {
      done(failed(new AppError('invalid_params', message.reason)));
      return undefined;
    }
    const startedMs = clock.nowMs();
    const limits = pool.slot(ref.server)?.entry.limits;
    const exchange = new Exchange({
      request: message,
      method,
      caller,
      server: ref.server,
      tool: undefined,
      renames: [],
      paramHeaders: undefined,
      startedMs,
      deadlineMs: startedMs + (timeoutMs ?? limits?.callTimeoutMs ?? DEFAULT_TIMEOUT_MS),
      channel: {
        notify: (bytes) => channel.notify(bytes),
        ask: (ask) => channel.ask(ask),
        finish: (reply) => done(stepOf(reply)),
      },
      owner: {
        finished: (over, outcome) => {
          this.#open.delete(over);
          pool.finished(over);
          if (outcome === 'cancelled') done({ kind: 'cancelled' });
        },
      },
    });
    exchange.carrier = home.instance;
    this.#open.add(exchange);
    pool.submit(exchange);
    return exchange;
  }

  /** Waits, unless it is cancelled. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, resolve);
      this.#wake = () => {
        timer[Symbol.dispose]();
        resolve();
      };
    });
  }

  /** Takes back what is under way. */
  cancel(reason: string | undefined): void {
    for (const exchange of this.#open) exchange.cancel(reason);
    this.#wake?.();
  }
}

function stepOf(reply: Reply): Step {
  if (reply.kind === 'error') return { kind: 'failed', error: reply.error };
  if (reply.kind === 'result') return failed(new AppError('internal', 'A step has no answer of the server.'));
  // A step outlives the moment for which a server's bytes are good.
  const message = { ...reply.message, bytes: Buffer.from(reply.message.bytes) };
  if (message.kind === 'error') return { kind: 'error', message };
  if (message.body === undefined || !message.bodyIsObject)
    return failed(new AppError('upstream_invalid', 'The server answered with a result that is no object.'));
  return { kind: 'result', message, body: message.body };
}

function failed(error: AppError): Step {
  return { kind: 'failed', error: rpcErrorOf(error) };
}

/** Ends the client's request with what a step came to, when that is no result. */
export function passFailure(exchange: Exchange, step: Exclude<Step, { kind: 'result' }>): void {
  if (step.kind === 'error') exchange.finish({ kind: 'message', message: step.message, edits: [] });
  else if (step.kind === 'failed') exchange.fail(step.error);
}
