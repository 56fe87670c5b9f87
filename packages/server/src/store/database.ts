// The one door to persistent state: SQLite in a worker thread, or PostgreSQL. It knows no table but its own; modules
// bring their SQL (queries.ts) and their migrations.
//
// What holds on both:
// - A transaction is all or nothing, and is on disk when `transaction` resolves. After an error nothing of it happened,
//   except for `outcome_unknown`. Change memory and tell others after it resolved, never inside.
// - Its work changes nothing outside of it: where it lost against others or its connection broke, and so nothing of it
//   happened, it is run again (transactions.ts).
// - It awaits nothing but the database: on SQLite there is one at a time. It has a time limit.
// - An error of one statement ends the whole transaction, even where the work catches it.
// - Isolation is read committed. A guarded update (`where version = …`) protects a row; what is true of a set is
//   protected by updating a guard row first.
// - Values are text without NUL, numbers and null (statement.ts). Text sorts by its bytes.

import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { ChangeFeed } from './change-feed.ts';
import type { DialectName, DriverSnapshot } from './driver.ts';
import type { Statement } from './statement.ts';

/** Builds and runs statements; what a module's queries take. */
export type Queries<Tables> = Pick<
  Kysely<Tables>,
  'selectFrom' | 'insertInto' | 'updateTable' | 'deleteFrom' | 'with' | 'fn' | 'getExecutor'
>;

export type ReadQueries<Tables> = Pick<Kysely<Tables>, 'selectFrom'>;

export interface Transaction<Tables> extends Queries<Tables> {
  readonly dialect: DialectName;
  /** The database's clock, milliseconds since the epoch. It never goes back. Expiry by it permits a takeover; only a
   *  fencing number excludes. */
  nowMs(): Promise<number>;
  /** A statement as text, handed to the database before this returns. What the rows are is for the caller to know. */
  run<Row>(statement: Statement): Promise<Ran<Row>>;
  /** These statements were handed to the database, and nothing more comes: the commit goes behind them without waiting for
   *  their answers. Where one fails, the transaction does. */
  last(statements: readonly Promise<unknown>[]): void;
  /** Locks the rows that are selected and leaves out those that somebody else has locked. */
  candidates<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>): SelectQueryBuilder<DB, TB, O>;
  /** The rows that are selected stay as they are until the transaction ends; others may ask for the same. */
  steady<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>): SelectQueryBuilder<DB, TB, O>;
  /** The same transaction, for another module's tables. */
  over<Others>(): Transaction<Others>;
}

export interface Ran<Row> {
  readonly rows: readonly Row[];
  /** Rows that were inserted, updated or deleted; 0 for a query. */
  readonly changes: number;
}

export interface TransactionOptions {
  /** Gives up: nothing of it happens, unless it is at its commit already. */
  readonly signal?: AbortSignal | undefined;
  /** Of all runs together. Default: TRANSACTION_LIMIT_MS. */
  readonly limitMs?: number | undefined;
  /** It is not run again: its work can't be. */
  readonly once?: boolean | undefined;
  /** All its statements find their rows by keys: how they do is decided once for each, and never anew. */
  readonly byKeys?: boolean | undefined;
}

/** A Tutti that uses the database. */
export interface Host {
  /** Of its state folder, over its restarts. */
  readonly replica: string;
  /** One more for each start. */
  readonly epoch: number;
}

export interface Database<Tables> extends AsyncDisposable {
  readonly dialect: DialectName;
  /** This one; undefined where no host opened the database. */
  readonly host: Host | undefined;
  /** Reads what is committed, each statement by itself. */
  readonly read: ReadQueries<Tables>;
  /** Hints between all who use the database. */
  readonly feed: ChangeFeed;
  transaction<T>(work: (tx: Transaction<Tables>) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** What it takes on disk; undefined when that can't be told. */
  sizeBytes(): Promise<number | undefined>;
  /** All tables as they are at one moment. */
  snapshot(limitMs?: number): Promise<DriverSnapshot>;
  /** The same database, for a module's own tables. */
  over<Others>(): Database<Others>;
}

/** A database whichever tables it is seen with. */
export type AnyDatabase = Pick<Database<object>, 'dialect' | 'feed' | 'snapshot' | 'over'>;
