// The store's bounds.

/** Transactions that wait for their turn; one more is refused. */
export const MAX_WAITING_TRANSACTIONS = 1_000;
/** Reads outside of transactions that are under way or wait; one more is refused. */
export const MAX_WAITING_READS = 1_000;
/** A transaction that takes longer is rolled back: it waits for something other than the database. */
export const TRANSACTION_LIMIT_MS = 5_000;
/** For work that goes through whole tables: migrations, restoring, copying. */
export const LONG_TRANSACTION_LIMIT_MS = 30 * 60_000;
/** One read outside of a transaction. */
export const READ_LIMIT_MS = 30_000;
/** Rows that one statement returns at most; who needs more reads in pages. */
export const MAX_ROWS = 100_000;
