// Results that came at once although a task was asked for: a modern server decides by itself. The client asked for a
// task, so it gets one that is over; the result is kept here until the client comes for it.

import type { Clock } from '../../kernel/clock.ts';
import type { TaskRef } from './handles.ts';
import { newHeldId } from './held-id.ts';
import type { Members } from './task-text.ts';

export const MAX_HELD_RESULTS = 1_000;
export const MAX_HELD_BYTES = 64 << 20;
/** How long a result is kept when the client does not say. */
const DEFAULT_TTL_MS = 10 * 60_000;
const MAX_TTL_MS = 60 * 60_000;
/** A client may come for it at once. */
const POLL_MS = 100;

export interface HeldResult {
  readonly ref: TaskRef;
  readonly json: Buffer;
  readonly isError: boolean;
  readonly createdAt: string;
  readonly ttlMs: number;
  readonly expiresMs: number;
}

export class HeldResults {
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #results = new Map<string, HeldResult>();
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keeps a copy of the result; the oldest go when there is no room. `ttlMs` is what the client asked for. */
  hold(server: string, result: Buffer, isError: boolean, ttlMs: number | undefined): HeldResult {
    const nowMs = this.#clock.nowMs();
    const ttl = Math.min(ttlMs ?? DEFAULT_TTL_MS, MAX_TTL_MS);
    const held: HeldResult = {
      ref: { server, home: '', id: newHeldId(nowMs) },
      json: Buffer.from(result),
      isError,
      createdAt: new Date(nowMs).toISOString(),
      ttlMs: ttl,
      expiresMs: nowMs + ttl,
    };
    this.#results.set(held.ref.id, held);
    this.#bytes += held.json.length;
    for (const old of this.#results.values()) {
      const full = this.#results.size > MAX_HELD_RESULTS || this.#bytes > MAX_HELD_BYTES;
      if (old === held || (!full && old.expiresMs > nowMs)) break;
      this.drop(old.ref);
    }
    return held;
  }

  get({ id }: TaskRef): HeldResult | undefined {
    const held = this.#results.get(id);
    return held !== undefined && held.expiresMs > this.#clock.nowMs() ? held : undefined;
  }

  drop({ id }: TaskRef): void {
    this.#bytes -= this.#results.get(id)?.json.length ?? 0;
    this.#results.delete(id);
  }
}

/** The Task of a legacy client. A task starts as `working`, even one that is over. */
export function heldTask(held: HeldResult, handle: string, isNew: boolean): Members {
  const ended = held.isError ? 'failed' : 'completed';
  return new Map([
    ['taskId', JSON.stringify(handle)],
    ['status', `"${isNew ? 'working' : ended}"`],
    ['createdAt', JSON.stringify(held.createdAt)],
    ['lastUpdatedAt', JSON.stringify(held.createdAt)],
    ['ttl', String(held.ttlMs)],
    ['pollInterval', String(POLL_MS)],
  ]);
}
