// What can go wrong with a database, the same for every one of them. Drivers translate; nobody else reads the codes of
// SQLite or PostgreSQL.

import { AppError, type ErrorCode, type ErrorDetails } from '../kernel/errors.ts';

const FAILURES = {
  /** A row with this key exists already; `details.table` tells where. */
  unique_violation: 'conflict',
  /** Another constraint: not null, check, foreign key. */
  constraint_violation: 'internal',
  /** Lost against others: a deadlock, a lock that was not to be had. Nothing was written; doing all of it again may succeed. */
  contention: 'unavailable',
  /** The database can't be reached, or went away before the commit. Nothing was written. */
  connection_lost: 'unavailable',
  /** The connection went away during the commit: it may have happened or not. */
  outcome_unknown: 'outcome_unknown',
  disk_full: 'unavailable',
  /** The file or the disk below it is damaged or can't be written. */
  storage: 'unavailable',
  time_limit: 'timeout',
  cancelled: 'cancelled',
  /** Too many wait already. */
  queue_full: 'overloaded',
  /** A mistake in Tutti: a statement that the database can't make sense of, a value that it can't keep. */
  invalid_statement: 'internal',
  /** Another owner has the store. */
  held: 'conflict',
  /** Another host leads by now; nothing was written. */
  fenced: 'conflict',
  /** The store was closed. */
  closed: 'unavailable',
} as const satisfies Record<string, ErrorCode>;

export type StoreFailure = keyof typeof FAILURES;

export class StoreError extends AppError {
  readonly failure: StoreFailure;

  constructor(
    failure: StoreFailure,
    message: string,
    options: { cause?: unknown; details?: ErrorDetails } = {},
  ) {
    super(FAILURES[failure], message, options);
    this.name = 'StoreError';
    this.failure = failure;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
