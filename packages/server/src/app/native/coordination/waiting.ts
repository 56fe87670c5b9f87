// Tools that wait: for how long, how many at once, and what clients hear meanwhile.

import { z } from 'zod';
import { MAX_WAIT_MS } from '../../../coordination/dispatch/handouts.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { AppError } from '../../../kernel/errors.ts';
import type { NativeContext } from '../native-tool.ts';

/** Calls that wait at once; one more is refused. */
export const MAX_WAITING_CALLS = 15_000;
/** Well below the 60 s after which clients give up; those that hear of progress begin anew. */
const TOLD_EVERY_MS = 5_000;
const MAX_WAIT_SECONDS = MAX_WAIT_MS / 1_000;

export const waitSeconds = {
  wait_seconds: z
    .number()
    .min(0)
    .max(MAX_WAIT_SECONDS)
    .default(20)
    .describe(`How long to wait when there is nothing yet; at most ${MAX_WAIT_SECONDS}.`),
};

export interface Waiting {
  /** Runs the wait, telling the client every few seconds that it goes on. */
  during<T>(options: WaitOptions, wait: (waitMs: number) => Promise<T>): Promise<T>;
}

export interface WaitOptions {
  readonly seconds: number;
  readonly what: string;
  readonly context: NativeContext;
  readonly clock: Clock;
}

export function createWaiting(): Waiting {
  let waiting = 0;

  return {
    async during({ seconds, what, context, clock }, wait) {
      if (waiting >= MAX_WAITING_CALLS)
        throw new AppError(
          'overloaded',
          `${MAX_WAITING_CALLS} calls wait already; try again in some seconds.`,
        );
      waiting += 1;
      using done = new DisposableStack();
      done.defer(() => (waiting -= 1));
      const startedMs = clock.nowMs();
      let timer: Disposable | undefined;
      const tell = (): void => {
        const passed = Math.round((clock.nowMs() - startedMs) / 1_000);
        context.progress({ progress: passed, total: Math.max(seconds, passed), message: what });
        timer = clock.after(TOLD_EVERY_MS, tell);
      };
      // At once, too: it is known then that the wait has begun.
      tell();
      done.defer(() => timer?.[Symbol.dispose]());
      return await wait(seconds * 1_000);
    },
  };
}
