// Whether the store takes what Tutti gives it. Calls go on without it, so nothing else would show that what is new is in
// memory alone: it is a problem that is shown, an event and a line in the log, until a write that was tried for just that
// reason succeeds. It says so by itself, and tries by itself.

import { backoffDelayMs, type BackoffPolicy } from '../kernel/backoff.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Problem } from '../resources/problem.ts';
import type { StoreFailure } from '../store/store-error.ts';
import type { StoreWatch } from '../store/store-watch.ts';

const PROBE: BackoffPolicy = { initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: 0.2 };
/** Trouble that comes back sooner goes on with the longer waits. */
const HEALTHY_MS = 60_000;

/** Those that are about the store as a whole, not about one statement or one caller. */
const TROUBLES: ReadonlySet<StoreFailure> = new Set([
  'connection_lost',
  'disk_full',
  'storage',
  'time_limit',
  'held',
]);

export interface StoreHealthDeps {
  /** Where the store is, as the problem names it. */
  readonly place: string;
  /** Who else watches. */
  readonly watch: StoreWatch;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface StoreHealthListener {
  /** Undefined: it takes everything again. */
  changed(trouble: string | undefined): void;
  /** Writes something; resolves with whether that went well. */
  probe(): Promise<boolean>;
}

export interface StoreHealth extends StoreWatch {
  problems(): readonly Problem[];
  /** Tells what happens from now on, and what is wrong by now. Dispose to stop trying. */
  start(listener: StoreHealthListener): Disposable;
}

export function createStoreHealth({ place, watch, clock, random }: StoreHealthDeps): StoreHealth {
  let trouble: string | undefined;
  let listener: StoreHealthListener | undefined;
  let timer: Disposable | undefined;
  let failures = 0;
  let healthySinceMs = -Infinity;

  function begin(): void {
    if (clock.nowMs() - healthySinceMs > HEALTHY_MS) failures = 0;
    listener?.changed(trouble);
    schedule();
  }

  function schedule(): void {
    if (listener === undefined) return;
    failures += 1;
    timer = clock.after(backoffDelayMs(PROBE, failures, random()), () => void probe());
  }

  async function probe(): Promise<void> {
    const isWell = await listener?.probe();
    if (listener === undefined) return;
    if (isWell !== true) return schedule();
    trouble = undefined;
    healthySinceMs = clock.nowMs();
    listener.changed(undefined);
  }

  return {
    waited: (ms) => watch.waited(ms),
    finished: (operation, ms) => watch.finished(operation, ms),
    retried: (failure) => watch.retried(failure),
    hears: (arrive) => watch.hears(arrive),
    failed(failure, message) {
      watch.failed(failure, message);
      if (message === undefined || !TROUBLES.has(failure)) return;
      const isNew = trouble === undefined;
      trouble = message;
      if (isNew) begin();
    },
    problems: () =>
      trouble === undefined
        ? []
        : [
            {
              path: place,
              line: 1,
              column: 1,
              field: 'store',
              severity: 'warning',
              message: `${trouble}. Calls go on; what is new is in memory only, and is written when the store takes it again`,
            },
          ],
    start(given) {
      listener = given;
      if (trouble !== undefined) begin();
      return {
        [Symbol.dispose]() {
          listener = undefined;
          timer?.[Symbol.dispose]();
        },
      };
    },
  };
}
