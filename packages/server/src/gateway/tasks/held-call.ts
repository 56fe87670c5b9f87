// A call that goes on, or is over, although its client does not wait for it any more: the client has it as a task, or was
// lost. What it comes to is kept here for a while. The same call, made again by the client that was lost, takes it up.

import { isScanFailure, notification, replaceSpan, scanMessage, splice } from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import type { Ask, Channel, Exchange, Reply } from '../exchange.ts';
import { rpcError } from '../protocol/rpc.ts';
import type { TaskRef } from './handles.ts';
import { bytesOf, type HeldOutcome, outcomeOf, takenUp } from './held-outcome.ts';

/** Questions of one held call that may be open at a time. */
const MAX_OPEN_INPUTS = 64;
/** Who waits for a held call waits as long as that takes: its own deadline is the one that counts. */
const NO_DEADLINE = Number.MAX_SAFE_INTEGER;
/** After its end the same call takes it up for so long; then it is made anew. */
export const TAKE_UP_MS = 60_000;

export interface HeldCallOptions {
  readonly clock: Clock;
  readonly ref: TaskRef;
  readonly principal: string;
  readonly tool: string | undefined;
  /** What another call must be equal in to be the same one again; undefined: none is. */
  readonly identity: string | undefined;
  /** Whether its client has it as a task, and may so be asked. */
  readonly isTask: boolean;
  readonly startedMs: number;
  readonly ttlMs: number;
  readonly askTimeoutMs: number;
  /** Called once, when there is an outcome. */
  ended(held: HeldCall): void;
  /** Called once, when somebody has seen it. */
  seen(held: HeldCall): void;
}

export class HeldCall implements Channel {
  readonly ref: TaskRef;
  readonly principal: string;
  readonly tool: string | undefined;
  readonly isTask: boolean;
  readonly startedMs: number;
  readonly ttlMs: number;
  /** Undefined while it is under way. */
  outcome: HeldOutcome | undefined;
  endedMs = 0;
  #isSeen = false;
  readonly #options: HeldCallOptions;
  #exchange: Exchange | undefined;
  #waiting: Exchange | undefined;
  readonly #inputs = new Map<string, { readonly ask: Ask; readonly timer: Disposable }>();
  readonly #ends = new Set<() => void>();
  #lastInput = 0;

  constructor(options: HeldCallOptions, exchange: Exchange | undefined) {
    this.#options = options;
    this.ref = options.ref;
    this.principal = options.principal;
    this.tool = options.tool;
    this.isTask = options.isTask;
    this.startedMs = options.startedMs;
    this.ttlMs = options.ttlMs;
    this.#exchange = exchange;
  }

  /** An outcome of an earlier run. */
  restore(outcome: HeldOutcome, endedMs: number, isSeen: boolean): void {
    this.outcome = outcome;
    this.endedMs = endedMs;
    this.#isSeen = isSeen;
  }

  get identity(): string | undefined {
    return this.#options.identity;
  }

  get isSeen(): boolean {
    return this.#isSeen;
  }

  /** Somebody has seen the outcome: the same call is a new one from now on. */
  markSeen(): void {
    if (this.#isSeen) return;
    this.#isSeen = true;
    this.#options.seen(this);
  }

  get bytes(): number {
    return this.outcome === undefined ? 0 : bytesOf(this.outcome);
  }

  /** When it is forgotten; what is under way is not. */
  get expiresMs(): number {
    return this.outcome === undefined ? Infinity : this.endedMs + this.ttlMs;
  }

  isSameAs(identity: string, nowMs: number): boolean {
    if (this.#options.identity !== identity || this.#isSeen || this.#waiting !== undefined) return false;
    return this.outcome === undefined || nowMs - this.endedMs < TAKE_UP_MS;
  }

  /** Calls back at its end; returns how to stop that. */
  onEnd(act: () => void): () => void {
    this.#ends.add(act);
    return () => void this.#ends.delete(act);
  }

  // The way back of the call that is held

  notify(message: Buffer): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const scanned = scanMessage(message);
    const token = isScanFailure(scanned) ? undefined : scanned.members.get('progressToken');
    if (token === undefined) return waiting.channel.notify(message);
    const { bytes, metaMembers } = waiting.request;
    const own = metaMembers.get('progressToken');
    if (own !== undefined)
      waiting.channel.notify(splice(message, [replaceSpan(token, bytes.subarray(own.start, own.end))]));
  }

  ask(ask: Ask): void {
    if (this.#waiting !== undefined) return this.#waiting.channel.ask(ask);
    if (!this.isTask) return ask.settle(failure('The client is gone.'));
    if (this.#inputs.size >= MAX_OPEN_INPUTS)
      return ask.settle(failure('The call has too many open questions.'));
    const { clock, askTimeoutMs } = this.#options;
    const key = `input-${++this.#lastInput}`;
    const timer = clock.after(askTimeoutMs, () => {
      this.#take(key)?.settle(failure(`Nobody answered within ${askTimeoutMs} ms.`));
    });
    ask.onWithdrawn = () => void this.#take(key);
    this.#inputs.set(key, { ask, timer });
  }

  finish(reply: Reply): void {
    this.end(outcomeOf(reply));
  }

  /** It is over. Only the first outcome counts. */
  end(outcome: HeldOutcome): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.endedMs = this.#options.clock.nowMs();
    this.#exchange = undefined;
    for (const key of this.#inputs.keys()) this.#take(key)?.settle(failure('The call is over.'));
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#deliver(waiting, outcome);
    this.#options.ended(this);
    for (const act of this.#ends) act();
    this.#ends.clear();
  }

  /** Its client wants it no more: the server is told. */
  stop(reason: string | undefined): void {
    this.#exchange?.cancel(reason);
    this.end({ kind: 'cancelled' });
  }

  // Answers of a client that has it as a task

  /** JSON text of the open questions by their keys. */
  inputRequests(): Map<string, string> {
    return new Map(
      [...this.#inputs].map(([key, { ask }]) => {
        const { method, params } = ask;
        const rest = params === undefined ? '' : `,"params":${params.toString()}`;
        return [key, `{"method":${JSON.stringify(method)}${rest}}`];
      }),
    );
  }

  answer(key: string, json: Buffer): void {
    this.#take(key)?.settle({ kind: 'result', json });
  }

  #take(key: string): Ask | undefined {
    const input = this.#inputs.get(key);
    this.#inputs.delete(key);
    input?.timer[Symbol.dispose]();
    return input?.ask;
  }

  // The same call again, as the carrier and then the holder of its exchange

  submit(exchange: Exchange): void {
    if (this.outcome !== undefined) return this.#deliver(exchange, this.outcome);
    exchange.deadlineMs = NO_DEADLINE;
    exchange.holder = this;
    this.#waiting = exchange;
  }

  cancel(exchange: Exchange, reason: string | undefined): void {
    if (this.#waiting !== exchange) return;
    this.#waiting = undefined;
    this.stop(reason);
  }

  /** Who waited was lost, too; the call goes on. */
  lost(exchange: Exchange): boolean {
    if (this.#waiting !== exchange) return false;
    this.#waiting = undefined;
    return true;
  }

  #deliver(exchange: Exchange, outcome: HeldOutcome): void {
    this.markSeen();
    switch (outcome.kind) {
      case 'result':
        return exchange.finish({ kind: 'result', json: takenUp(outcome.json, this.startedMs) });
      case 'error':
        return exchange.fail(outcome.error);
      case 'cancelled':
        return exchange.fail(rpcError(-32_006, 'The call was cancelled.', { kind: 'cancelled' }));
    }
  }
}

/** Tells a modern client of a task that is over. */
export function taskNotification(json: Buffer): Buffer {
  return notification('notifications/tasks', json.toString());
}

function failure(message: string): { kind: 'error'; json: Buffer } {
  return { kind: 'error', json: Buffer.from(JSON.stringify({ code: -32_000, message })) };
}
