// Transactions over a driver: their turn, their time limit, and what an error does to them. No tables, no types.
//
// One that lost against others, or whose connection broke before its commit, is run again: the database undid all of it,
// and its work changes nothing else. One whose commit had no answer is not: it may have happened.

import { backoffDelayMs, type BackoffPolicy } from '../kernel/backoff.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Driver, DriverTransaction } from './driver.ts';
import { MAX_WAITING_TRANSACTIONS, TRANSACTION_LIMIT_MS } from './limits.ts';
import type { Outcome, Statement } from './statement.ts';
import { StoreError, type StoreFailure } from './store-error.ts';
import { UNWATCHED, type StoreWatch } from './store-watch.ts';
import { cancelledError, createTurns } from './turns.ts';

/** How often a transaction is run in all. */
export const MAX_RUNS = 3;
/** Failures after which nothing of it happened, and that may not come again. */
const PASSING: ReadonlySet<StoreFailure> = new Set(['contention', 'connection_lost']);
const RETRY: BackoffPolicy = { initialMs: 20, factor: 5, maxMs: 200, jitter: 0.5 };

/** An open transaction. Of no use once its work has ended. */
export interface Session {
  run(statement: Statement): Promise<Outcome>;
  nowMs(): Promise<number>;
  /** These were handed in, and nothing more comes: the commit goes behind them without waiting for their answers. */
  last(statements: readonly Promise<unknown>[]): void;
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly limitMs?: number | undefined;
  readonly once?: boolean | undefined;
  readonly byKeys?: boolean | undefined;
}

export interface Transactions {
  run<T>(work: (session: Session) => Promise<T>, options?: RunOptions): Promise<T>;
  /** No new ones; resolves when those under way have ended. */
  close(): Promise<void>;
}

export interface TransactionsDeps {
  readonly driver: Driver;
  readonly clock: Pick<Clock, 'after'>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly watch?: StoreWatch | undefined;
  /** For tests of the bound; the default is MAX_WAITING_TRANSACTIONS. */
  readonly maxWaiting?: number | undefined;
}

export function createTransactions({
  driver,
  clock,
  random,
  watch = UNWATCHED,
  maxWaiting,
}: TransactionsDeps): Transactions {
  const turns = createTurns({
    atOnce: driver.transactionsAtOnce,
    maxWaiting: maxWaiting ?? MAX_WAITING_TRANSACTIONS,
    what: 'transactions',
  });
  const othersWait = (): boolean => turns.waiting > 0;

  async function run<T>(work: (session: Session) => Promise<T>, options: RunOptions = {}): Promise<T> {
    const { limitMs = TRANSACTION_LIMIT_MS, once = false } = options;
    const startedAt = performance.now();
    for (let runs = 1; ; runs++)
      try {
        const leftMs = Math.max(1, Math.ceil(limitMs - (performance.now() - startedAt)));
        return await runOne(work, { ...options, limitMs: runs === 1 ? limitMs : leftMs });
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        const delayMs = backoffDelayMs(RETRY, runs, random());
        const isOver =
          once ||
          runs >= MAX_RUNS ||
          !PASSING.has(error.failure) ||
          performance.now() - startedAt + delayMs >= limitMs;
        watch.failed(error.failure, isOver ? error.message : undefined);
        if (isOver) throw error;
        await pause(clock, delayMs);
        if (options.signal?.aborted === true) throw error;
        watch.retried(error.failure);
      }
  }

  async function runOne<T>(
    work: (session: Session) => Promise<T>,
    { signal, limitMs = TRANSACTION_LIMIT_MS, byKeys = false }: RunOptions = {},
  ): Promise<T> {
    const askedAt = performance.now();
    const turn = await turns.take(signal);
    const startedAt = performance.now();
    watch.waited(startedAt - askedAt);
    let begun: DriverTransaction;
    try {
      begun = await driver.begin(turn, othersWait, {
        limitMs,
        alone: limitMs > TRANSACTION_LIMIT_MS,
        byKeys,
      });
    } catch (error) {
      turn[Symbol.dispose]();
      throw error;
    }
    const session = createSession(begun);
    using interruption = createInterruption(clock, limitMs, signal);
    let result: T;
    try {
      result = await Promise.race([work(session), interruption.happened]);
      if (session.failure !== undefined) throw session.failure;
      if (session.isUnderWay && !session.hasLast) throw unawaitedError();
    } catch (error) {
      session.end();
      await begun.rollback(session.isUnderWay);
      throw error;
    }
    session.end();
    const [committed] = await Promise.allSettled([begun.commit(), session.answered()]);
    // One of the last statements was refused, and all of the transaction with it; unless what was lost is the answer.
    if (session.failure !== undefined && !isLost(session.failure)) throw session.failure;
    if (committed.status === 'rejected') throw committed.reason;
    watch.finished('write', performance.now() - startedAt);
    return result;
  }

  return {
    run,
    async close() {
      turns.close();
      await turns.idle();
    },
  };
}

async function pause(clock: Pick<Clock, 'after'>, delayMs: number): Promise<void> {
  await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
}

function isLost(failure: unknown): boolean {
  return failure instanceof StoreError && failure.failure === 'connection_lost';
}

interface OwnedSession extends Session {
  /** The first statement that failed. */
  readonly failure: unknown;
  readonly isUnderWay: boolean;
  /** Its last statements were handed in; the work need not wait for them. */
  readonly hasLast: boolean;
  /** Resolves when its last statements are answered, one way or the other. */
  answered(): Promise<unknown>;
  /** Nothing more is run. */
  end(): void;
}

function createSession(begun: DriverTransaction): OwnedSession {
  let failure: unknown;
  let underWay = 0;
  let ended = false;
  let last: Promise<unknown> | undefined;

  async function guarded<T>(run: () => Promise<T>): Promise<T> {
    if (ended) throw unawaitedError();
    if (failure !== undefined) throw failure;
    underWay += 1;
    try {
      return await run();
    } catch (error) {
      failure ??= error;
      throw error;
    } finally {
      underWay -= 1;
    }
  }

  return {
    run: (statement) => guarded(() => begun.run(statement)),
    nowMs: () => guarded(() => begun.nowMs()),
    last(statements) {
      ended = true;
      last = Promise.allSettled(statements);
    },
    answered: async () => await last,
    get hasLast() {
      return last !== undefined;
    },
    get failure() {
      return failure;
    },
    get isUnderWay() {
      return underWay > 0;
    },
    end() {
      ended = true;
    },
  };
}

function unawaitedError(): StoreError {
  return new StoreError(
    'invalid_statement',
    'a statement outlived its transaction; await each one inside of it',
  );
}

interface Interruption extends Disposable {
  /** Rejects when the time is up or the caller gives up. */
  readonly happened: Promise<never>;
}

function createInterruption(
  clock: Pick<Clock, 'after'>,
  limitMs: number,
  signal: AbortSignal | undefined,
): Interruption {
  const { promise: happened, reject } = Promise.withResolvers<never>();
  const timer = clock.after(limitMs, () =>
    reject(
      new StoreError(
        'time_limit',
        `rolled back: the transaction took longer than ${limitMs} ms; it may await nothing but its own statements`,
        { details: { limitMs } },
      ),
    ),
  );
  const giveUp = (): void => {
    if (signal !== undefined) reject(cancelledError(signal));
  };
  if (signal?.aborted === true) giveUp();
  else signal?.addEventListener('abort', giveUp, { once: true });
  // Rejected or not, it is waited for by the race alone.
  happened.catch(() => undefined);
  return {
    happened,
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      signal?.removeEventListener('abort', giveUp);
    },
  };
}
