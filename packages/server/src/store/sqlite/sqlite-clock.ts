// The embedded store's time. It never goes back, whatever is done to the system's clock, and never stands still: while
// it is ahead of the system's clock it goes at half the speed, until that has caught up. What transactions were told is
// kept in the store, so that it holds over a restart.

export interface StoreClock {
  /** The time now, as far as this process knows. */
  estimate(): number;
  /** The store knows of this time. */
  atLeast(ms: number): void;
}

export interface StoreClockDeps {
  readonly wallMs: () => number;
  /** Milliseconds that only go up, from anywhere. */
  readonly elapsedMs: () => number;
}

export function createStoreClock({ wallMs, elapsedMs }: StoreClockDeps): StoreClock {
  let last = Number.NEGATIVE_INFINITY;
  let lastAt = elapsedMs();
  return {
    estimate: () => Math.floor(Math.max(wallMs(), last + (elapsedMs() - lastAt) / 2)),
    atLeast(ms) {
      if (ms < last) return;
      last = ms;
      lastAt = elapsedMs();
    },
  };
}
