// The calls that are held for clients which do not wait for them: bounded in number, in bytes and in time, and each
// principal has a share of its own, so that one can't make others' be forgotten.

import type { Clock } from '../../kernel/clock.ts';
import type { Exchange } from '../exchange.ts';
import { HELD_SHARE, MAX_HELD_CALLS, MAX_HELD_CALL_BYTES } from '../limits.ts';
import { rpcError } from '../protocol/rpc.ts';
import type { ResultRecord } from '../ports.ts';
import type { TaskRef } from './handles.ts';
import { HeldCall } from './held-call.ts';
import { heldSinceMs, newHeldId } from './held-id.ts';
import { forgotten, type KeptResults, outcomeOfRecord } from './kept-results.ts';

const SWEEP_MS = 30_000;

export interface HeldCallsDeps {
  readonly clock: Clock;
  /** How long a result is kept. */
  readonly ttlMs: number;
  readonly askTimeoutMs: number;
  readonly kept: KeptResults;
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
  readonly #startedMs: number;
  #isClosing = false;

  constructor(deps: HeldCallsDeps) {
    this.#deps = deps;
    this.#startedMs = Math.floor(deps.clock.nowMs());
    for (const record of deps.kept.earlier) this.#restore(record);
    if (this.#calls.size > 0) deps.changed(this.#calls.size);
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Undefined when there is no room: what is under way is never forgotten for something new. */
  hold({ exchange, id, identity, isTask }: Holding): HeldCall | undefined {
    const { clock } = this.#deps;
    const { server, tool, startedMs, caller } = exchange;
    const { principal } = caller;
    const mine = this.of(principal);
    const isOver = mine.length >= MAX_HELD_CALLS * HELD_SHARE || this.#calls.size >= MAX_HELD_CALLS;
    if (isOver && !this.#dropOne(mine)) {
      this.#deps.limitReached('max_held_calls', server);
      return undefined;
    }
    const ref = { server, home: '', id: id ?? newHeldId(clock.nowMs()) };
    const held = this.#make({ ref, principal, tool, identity, isTask, startedMs }, exchange);
    this.#add(held);
    this.#deps.kept.put(held);
    this.#deps.changed(this.#calls.size);
    return held;
  }

  /** Of an earlier run, of which nothing is kept, it tells just that, for as long as its result might have been there. */
  get(ref: TaskRef, principal: string): HeldCall | undefined {
    const nowMs = this.#deps.clock.nowMs();
    const held = this.#calls.get(ref.id) ?? this.#forgotten(ref, principal);
    return held !== undefined && held.expiresMs > nowMs ? held : undefined;
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
    this.#deps.kept.remove(held);
    this.#bytes -= held.bytes;
    this.#deps.changed(this.#calls.size);
  }

  /** What fails from now on does so because of us: how far it came is as unknown as after a kill. */
  closing(): void {
    this.#isClosing = true;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#calls.clear();
  }

  #make(
    of: Pick<HeldCall, 'ref' | 'principal' | 'tool' | 'identity' | 'isTask' | 'startedMs'>,
    exchange: Exchange | undefined,
  ): HeldCall {
    const { clock, ttlMs, askTimeoutMs, kept } = this.#deps;
    const events = {
      ended: (over: HeldCall) => {
        this.#ended(over);
        const isCutOff = this.#isClosing && over.outcome?.kind !== 'result';
        if (this.#calls.has(over.ref.id) && !isCutOff) kept.put(over);
      },
      seen: (over: HeldCall) => {
        if (this.#calls.has(over.ref.id)) kept.put(over);
      },
    };
    return new HeldCall({ clock, ...of, ttlMs, askTimeoutMs, ...events }, exchange);
  }

  #add(held: HeldCall): void {
    this.#calls.set(held.ref.id, held);
    this.#timer ??= this.#deps.clock.after(SWEEP_MS, this.#sweep);
  }

  /** What was under way ended with the run, and is seen to have. */
  #restore(record: ResultRecord): void {
    const { id, server, end } = record;
    const held = this.#make({ ...record, ref: { server, home: '', id } }, undefined);
    held.restore(outcomeOfRecord(record), end?.endedMs ?? this.#startedMs, end?.isSeen ?? false);
    this.#bytes += held.bytes;
    this.#add(held);
    this.#deps.kept.put(held);
  }

  #forgotten(ref: TaskRef, principal: string): HeldCall | undefined {
    const startedMs = heldSinceMs(ref.id);
    if (startedMs === undefined || startedMs >= this.#startedMs) return undefined;
    const tool = undefined;
    const held = this.#make(
      { ref, principal, tool, identity: undefined, isTask: true, startedMs },
      undefined,
    );
    held.restore({ kind: 'error', error: forgotten(ref.server) }, this.#startedMs, true);
    return held;
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
