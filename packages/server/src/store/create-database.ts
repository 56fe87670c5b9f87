// The port's face over a driver.

import { Kysely } from './kysely.ts';
import type { Clock } from '../kernel/clock.ts';
import { createTransaction } from './create-transaction.ts';
import { createChangeFeed } from './change-feed.ts';
import type { Database, Host } from './database.ts';
import type { Driver } from './driver.ts';
import { kyselyOver } from './kysely-queries.ts';
import { LONG_TRANSACTION_LIMIT_MS, MAX_WAITING_READS, READ_LIMIT_MS } from './limits.ts';
import type { Outcome, Statement } from './statement.ts';
import { StoreError } from './store-error.ts';
import { UNWATCHED, type StoreWatch } from './store-watch.ts';
import type { Transactions } from './transactions.ts';
import { closedError } from './turns.ts';

export interface DatabaseDeps {
  readonly driver: Driver;
  readonly transactions: Transactions;
  readonly clock: Pick<Clock, 'after'>;
  readonly watch?: StoreWatch | undefined;
  readonly warn?: ((message: string, cause?: unknown) => void) | undefined;
  readonly host: () => Host | undefined;
  /** For tests of the bound; the default is MAX_WAITING_READS. */
  readonly maxReads?: number | undefined;
}

export function createDatabase({
  driver,
  transactions,
  clock,
  watch = UNWATCHED,
  warn = () => {},
  host,
  maxReads,
}: DatabaseDeps): Database<object> {
  const limit = maxReads ?? MAX_WAITING_READS;
  let reading = 0;
  let closing: Promise<void> | undefined;

  async function read(statement: Statement): Promise<Outcome> {
    const startedAt = performance.now();
    try {
      const outcome = await readOne(statement);
      watch.finished('read', performance.now() - startedAt);
      return outcome;
    } catch (error) {
      if (error instanceof StoreError) watch.failed(error.failure, error.message);
      throw error;
    }
  }

  async function readOne(statement: Statement): Promise<Outcome> {
    if (closing !== undefined) throw closedError();
    if (reading >= limit)
      throw new StoreError('queue_full', `${limit} reads are under way already; try again later`, {
        details: { limit },
      });
    const { promise: late, reject } = Promise.withResolvers<never>();
    using _timer = clock.after(READ_LIMIT_MS, () =>
      reject(new StoreError('time_limit', `a read took longer than ${READ_LIMIT_MS} ms; read less at once`)),
    );
    reading += 1;
    try {
      return await Promise.race([driver.read(statement), late]);
    } finally {
      reading -= 1;
    }
  }

  const feed = createChangeFeed({ wire: driver.hints, clock, warn });

  async function close(): Promise<void> {
    feed[Symbol.dispose]();
    await transactions.close();
    await driver[Symbol.asyncDispose]();
  }

  const kysely = kyselyOver(driver.flavour, read, true);

  function over<Tables>(): Database<Tables> {
    return {
      dialect: driver.flavour.name,
      get host() {
        return host();
      },
      read: new Kysely<Tables>(kysely),
      feed,
      transaction: (work, options) =>
        transactions.run((session) => work(createTransaction<Tables>(driver.flavour, session)), options),
      sizeBytes: () => driver.sizeBytes(),
      snapshot: (limitMs = LONG_TRANSACTION_LIMIT_MS) => driver.snapshot(limitMs),
      over,
      async [Symbol.asyncDispose]() {
        closing ??= close();
        await closing;
      },
    };
  }

  return over<object>();
}
