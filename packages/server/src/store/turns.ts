// Turns: so many at once, the others wait in line, and the line is bounded. First come, first served.

import { StoreError } from './store-error.ts';

export interface Turns {
  /** Resolves when it is the caller's turn; rejects when the line is full, closed, or the caller gives up. */
  take(signal?: AbortSignal): Promise<Turn>;
  readonly waiting: number;
  /** Who waits is refused from now on. */
  close(): void;
  /** Resolves when nobody has a turn. */
  idle(): Promise<void>;
}

/** Dispose to let the next one in; more than once is the same as once. */
export type Turn = Disposable;

export interface TurnsOptions {
  readonly atOnce: number;
  readonly maxWaiting: number;
  /** What they wait for, for messages. */
  readonly what: string;
}

interface Waiter {
  grant(): void;
  refuse(error: StoreError): void;
}

export function createTurns({ atOnce, maxWaiting, what }: TurnsOptions): Turns {
  const line: Waiter[] = [];
  let taken = 0;
  let closed = false;
  let idle: PromiseWithResolvers<void> | undefined;

  function createTurn(): Turn {
    let over = false;
    return {
      [Symbol.dispose]() {
        if (over) return;
        over = true;
        const next = line.shift();
        if (next !== undefined) return next.grant();
        taken -= 1;
        if (taken === 0) idle?.resolve();
      },
    };
  }

  return {
    async take(signal) {
      if (closed) throw closedError();
      if (signal?.aborted === true) throw cancelledError(signal);
      if (taken < atOnce) {
        taken += 1;
        return createTurn();
      }
      if (line.length >= maxWaiting)
        throw new StoreError('queue_full', `${maxWaiting} ${what} wait already; try again later`, {
          details: { limit: maxWaiting },
        });
      const { promise, resolve, reject } = Promise.withResolvers<Turn>();
      const giveUp = (): void => {
        line.splice(line.indexOf(waiter), 1);
        if (signal !== undefined) reject(cancelledError(signal));
      };
      const waiter: Waiter = {
        grant() {
          signal?.removeEventListener('abort', giveUp);
          resolve(createTurn());
        },
        refuse(error) {
          signal?.removeEventListener('abort', giveUp);
          reject(error);
        },
      };
      line.push(waiter);
      signal?.addEventListener('abort', giveUp, { once: true });
      return promise;
    },
    get waiting() {
      return line.length;
    },
    close() {
      closed = true;
      for (const waiter of line.splice(0)) waiter.refuse(closedError());
    },
    async idle() {
      if (taken === 0) return;
      idle ??= Promise.withResolvers();
      await idle.promise;
    },
  };
}

export function closedError(): StoreError {
  return new StoreError('closed', 'the store is closed; start Tutti again');
}

export function cancelledError(signal: AbortSignal): StoreError {
  return new StoreError('cancelled', 'given up before it was done; nothing was written', {
    cause: signal.reason,
  });
}
