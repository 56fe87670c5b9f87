// The calls that are held for clients which do not wait for them: bounded in number, in bytes and in time, and each
// principal has a share of its own, so that one can't make others' be forgotten.

import { randomBytes } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import type { Exchange } from '../exchange.ts';
import { HELD_SHARE, MAX_HELD_CALLS, MAX_HELD_CALL_BYTES } from '../limits.ts';
import { rpcError } from '../protocol/rpc.ts';
import type { TaskRef } from './handles.ts';
import { HeldCall } from './held-call.ts';

const SWEEP_MS = 30_000;

export interface HeldCallsDeps {
  readonly clock: Clock;
  /** How long a result is kept. */
  readonly ttlMs: number;
  readonly askTimeoutMs: number;
  changed(count: number): void;
  limitReached(limit: string, server: string): void;
}

export interface Holding {
  readonly exchange: Exchange;
  /** As the handle has it that was given out for the call; undefined: it gets one now. */
  readonly id?: string | undefined;
  readonly identity: string | undefined;
  readonly isTask: boolean;
}

export class HeldCalls implements Disposable {
  readonly #deps: HeldCallsDeps;
  /** Oldest first. */
  readonly #calls = new Map<string, HeldCall>();
  #bytes = 0;
  #timer: Disposable | undefined;

  constructor(deps: HeldCallsDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Undefined when there is no room: what is under way is never forgotten for something new. */
  hold({ exchange, id, identity, isTask }: Holding): HeldCall | undefined {
    const { clock, ttlMs, askTimeoutMs } = this.#deps;
    const { server, tool, startedMs, caller } = exchange;
    const { principal } = caller;
    const mine = this.of(principal);
    const isOver = mine.length >= MAX_HELD_CALLS * HELD_SHARE || this.#calls.size >= MAX_HELD_CALLS;
    if (isOver && !this.#dropOne(mine)) {
      this.#deps.limitReached('max_held_calls', server);
      return undefined;
    }
    const held = new HeldCall(
      {
        clock,
        ref: { server, home: '', id: id ?? newHeldId() },
        principal,
        tool,
        identity,
        isTask,
        startedMs,
        ttlMs,
        askTimeoutMs,
        ended: (over) => this.#ended(over),
      },
      exchange,
    );
    this.#calls.set(held.ref.id, held);
    this.#timer ??= clock.after(SWEEP_MS, this.#sweep);
    this.#deps.changed(this.#calls.size);
    return held;
  }

  get({ id }: TaskRef): HeldCall | undefined {
    const held = this.#calls.get(id);
    return held !== undefined && held.expiresMs > this.#deps.clock.nowMs() ? held : undefined;
  }

  /** The call that this one is again. */
  same(identity: string): HeldCall | undefined {
    const nowMs = this.#deps.clock.nowMs();
    for (const held of this.#calls.values()) if (held.isSameAs(identity, nowMs)) return held;
    return undefined;
  }

  /** Of one principal, or of all; oldest first. */
  of(principal: string | undefined): HeldCall[] {
    const nowMs = this.#deps.clock.nowMs();
    return [...this.#calls.values()].filter(
      (held) => held.expiresMs > nowMs && (principal === undefined || held.principal === principal),
    );
  }

  drop(held: HeldCall): void {
    if (!this.#calls.delete(held.ref.id)) return;
    this.#bytes -= held.bytes;
    this.#deps.changed(this.#calls.size);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#calls.clear();
  }

  #ended(held: HeldCall): void {
    if (!this.#calls.has(held.ref.id)) return;
    const share = MAX_HELD_CALL_BYTES * HELD_SHARE;
    if (held.bytes > share) {
      const text = `The result of ${held.bytes} bytes was not kept: ${share} bytes is the limit.`;
      this.#deps.limitReached('max_held_bytes', held.ref.server);
      held.outcome = { kind: 'error', error: rpcError(-32_003, text, { kind: 'overloaded' }) };
      return;
    }
    this.#bytes += held.bytes;
    const mine = this.of(held.principal).filter((other) => other !== held);
    let own = mine.reduce((sum, { bytes }) => sum + bytes, held.bytes);
    for (const old of mine) {
      if (own <= share) break;
      own -= old.bytes;
      if (old.outcome !== undefined) this.drop(old);
    }
    for (const old of this.#calls.values()) {
      if (this.#bytes <= MAX_HELD_CALL_BYTES) break;
      if (old !== held && old.outcome !== undefined) this.drop(old);
    }
  }

  #dropOne(of: readonly HeldCall[]): boolean {
    const over = of.find(({ outcome }) => outcome !== undefined);
    if (over !== undefined) this.drop(over);
    return over !== undefined;
  }

  readonly #sweep = (): void => {
    const nowMs = this.#deps.clock.nowMs();
    for (const held of this.#calls.values()) if (held.expiresMs <= nowMs) this.drop(held);
    this.#timer = this.#calls.size === 0 ? undefined : this.#deps.clock.after(SWEEP_MS, this.#sweep);
  };
}

/** Not to be guessed; it has no quote, by which it differs from the id of a server's own task. */
export function newHeldId(): string {
  return randomBytes(12).toString('base64url');
}
