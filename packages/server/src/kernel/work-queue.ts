// A keyed work queue: a key that waits is there once, however often it was added; a key at work is never worked on
// twice at once, but once more if it was added meanwhile. So the queue is bounded by the number of keys. Work that
// fails is tried again with backoff.

import { backoffDelayMs, type BackoffPolicy } from './backoff.ts';
import type { Clock } from './clock.ts';

export const WORK_RETRY: BackoffPolicy = { initialMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 };

export interface WorkQueue extends AsyncDisposable {
  add(key: string): void;
  /** Adds the key at a time of the clock. One delay per key: the earliest wish wins. */
  addAt(key: string, atMs: number): void;
  /** Resolves when no key waits or is at work; delayed keys do not count. */
  idle(): Promise<void>;
}

export interface WorkQueueDeps {
  readonly clock: Clock;
  /** Keys at work at once. */
  readonly concurrency: number;
  readonly work: (key: string) => Promise<void>;
  /** Work rejected; it will be tried again. */
  readonly failed: (key: string, error: unknown) => void;
}

interface Delayed {
  readonly atMs: number;
  readonly timer: Disposable;
}

export function createWorkQueue({ clock, concurrency, work, failed }: WorkQueueDeps): WorkQueue {
  const waiting = new Set<string>();
  const atWork = new Set<string>();
  const again = new Set<string>();
  const delayed = new Map<string, Delayed>();
  const failures = new Map<string, number>();
  let idle: PromiseWithResolvers<void> | undefined;
  let scheduled = false;
  let closed = false;

  function add(key: string): void {
    if (closed) return;
    if (atWork.has(key)) again.add(key);
    else {
      waiting.add(key);
      schedule();
    }
  }

  function addAt(key: string, atMs: number): void {
    if (closed) return;
    const known = delayed.get(key);
    if (known !== undefined && known.atMs <= atMs) return;
    cancelDelay(key);
    const timer = clock.after(Math.max(0, atMs - clock.nowMs()), () => {
      delayed.delete(key);
      add(key);
    });
    delayed.set(key, { atMs, timer });
  }

  function cancelDelay(key: string): void {
    delayed.get(key)?.timer[Symbol.dispose]();
    delayed.delete(key);
  }

  // A burst of adds in one turn is seen as a whole.
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      for (const key of waiting) {
        if (atWork.size >= concurrency) break;
        waiting.delete(key);
        void run(key);
      }
    });
  }

  async function run(key: string): Promise<void> {
    atWork.add(key);
    try {
      await work(key);
      failures.delete(key);
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      failed(key, error);
      addAt(key, clock.nowMs() + backoffDelayMs(WORK_RETRY, count, 0.5));
    }
    atWork.delete(key);
    if (again.delete(key) && !closed) add(key);
    if (waiting.size > 0) schedule();
    else if (atWork.size === 0) {
      idle?.resolve();
      idle = undefined;
    }
  }

  async function settle(): Promise<void> {
    while (waiting.size + atWork.size > 0) {
      idle ??= Promise.withResolvers();
      await idle.promise;
    }
  }

  return {
    add,
    addAt,
    idle: settle,
    async [Symbol.asyncDispose]() {
      closed = true;
      waiting.clear();
      for (const key of delayed.keys()) cancelDelay(key);
      await settle();
    },
  };
}
