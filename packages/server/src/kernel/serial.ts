// One piece of work at a time, in the order in which they were asked for.

import { AppError } from './errors.ts';

export interface Serial {
  /** Resolves or rejects as the work does. Rejects with `overloaded` when too many wait. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing waits or is at work. */
  idle(): Promise<void>;
}

export function createSerial(maxWaiting: number): Serial {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  async function idle(): Promise<void> {
    await last;
    if (waiting > 0) await idle();
  }
  return {
    async run(work) {
      if (waiting >= maxWaiting)
        throw new AppError('overloaded', `${maxWaiting} changes wait already; try again in a moment`);
      waiting += 1;
      const mine = last.then(work).finally(() => {
        waiting -= 1;
      });
      last = mine.catch(() => undefined);
      return await mine;
    },
    idle,
  };
}
