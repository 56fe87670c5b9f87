// One coarse timer for all deadlines: a timer per call would cost more than the call's own bookkeeping.

import { Bag, type Placed } from '../../kernel/bag.ts';
import type { Clock } from '../../kernel/clock.ts';

export const SWEEP_INTERVAL_MS = 100;

export interface Due extends Placed {
  deadlineMs: number;
}

export class Deadlines<T extends Due> implements Disposable {
  readonly #items = new Bag<T>();
  readonly #clock: Clock;
  readonly #onDue: (item: T) => void;
  readonly #failed: (error: unknown) => void;
  #timer: Disposable | undefined;

  /** `failed` hears of what `onDue` throws, which harms no other item. */
  constructor(clock: Clock, onDue: (item: T) => void, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#failed = failed;
  }

  get size(): number {
    return this.#items.size;
  }

  add(item: T): void {
    this.#items.add(item);
    this.#timer ??= this.#clock.after(SWEEP_INTERVAL_MS, this.#sweep);
  }

  delete(item: T): void {
    this.#items.delete(item);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#items.takeAll();
  }

  readonly #sweep = (): void => {
    this.#timer = undefined;
    const nowMs = this.#clock.nowMs();
    for (const item of this.#items.all()) {
      if (item.deadlineMs > nowMs) continue;
      this.#items.delete(item);
      try {
        this.#onDue(item);
      } catch (error) {
        this.#failed(error);
      }
    }
    if (this.#items.size > 0) this.#timer ??= this.#clock.after(SWEEP_INTERVAL_MS, this.#sweep);
  };
}
