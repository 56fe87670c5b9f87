// Progress of one task: the latest counts, and it is sent at most once in a while. What can't be sent is no harm.

import type { Progress } from './work-api.ts';

export interface ProgressReports {
  add(progress: Progress): void;
  /** The last partial result, for the report that ends the attempt. */
  readonly partialResult: unknown;
  /** Nothing is sent after it resolves. */
  end(): Promise<void>;
}

export interface ProgressDeps {
  readonly intervalMs: number;
  /** Must not reject. */
  readonly send: (progress: Progress) => Promise<void>;
}

export function createProgressReports({ intervalMs, send }: ProgressDeps): ProgressReports {
  let waiting: Progress | undefined;
  let partialResult: unknown;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> | undefined;
  let sentAtMs = -Infinity;
  let ended = false;

  function plan(): void {
    if (ended || waiting === undefined || timer !== undefined || sending !== undefined) return;
    timer = setTimeout(flush, Math.max(0, sentAtMs + intervalMs - performance.now()));
  }

  function flush(): void {
    timer = undefined;
    if (waiting === undefined || ended) return;
    const progress = waiting;
    waiting = undefined;
    sentAtMs = performance.now();
    sending = send(progress).finally(() => {
      sending = undefined;
      plan();
    });
  }

  return {
    add(progress) {
      if (ended) return;
      waiting = { ...waiting, ...progress };
      if (progress.partial_result !== undefined) partialResult = progress.partial_result;
      plan();
    },
    get partialResult() {
      return partialResult;
    },
    async end() {
      ended = true;
      clearTimeout(timer);
      await sending;
    },
  };
}
