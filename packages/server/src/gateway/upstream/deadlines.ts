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
  readonly #look: ((item: T, nowMs: number) => void) | undefined;
  #timer: Disposable | undefined;

  /** `failed` hears of what `onDue` and `look` throw, which harms no other item. `look` sees, with each sweep, what is
   *  not due. */
  constructor(
    clock: Clock,
    onDue: (item: T) => void,
    failed: (error: unknown) => void,
    look?: (item: T, nowMs: number) => void,
  ) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#failed = failed;
    this.#look = look;
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
      try {
        if (item.deadlineMs > nowMs) this.#look?.(item, nowMs);
        else if (this.#items.delete(item)) this.#onDue(item);
      } catch (error) {
        this.#failed(error);
      }
    }
    if (this.#items.size > 0) this.#timer ??= this.#clock.after(SWEEP_INTERVAL_MS, this.#sweep);
  };
}
