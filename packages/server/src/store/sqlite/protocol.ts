// What the thread of the store and the others say to each other. Answers come in the order of the requests that have one.

import type { Row, Value } from '../statement.ts';

export interface OpenOptions {
  readonly path: string;
  /** How long another process that writes is waited for. */
  readonly busyTimeoutMs: number;
}

/** A statement; answered. */
interface Sql {
  readonly sql: string;
  readonly parameters: readonly Value[];
  readonly prepared: boolean;
}

export type Request =
  /** The first one. */
  | (OpenOptions & { readonly kind: 'open' })
  | (Sql & { readonly kind: 'read' })
  /** A transaction begins, as the first one of a group or as the next. Not answered: what fails is told by what follows. */
  | { readonly kind: 'begin'; readonly first: boolean }
  | (Sql & { readonly kind: 'run' })
  /** The transaction ends, and waits for the group's commit unless it is undone. Not answered. */
  | { readonly kind: 'end'; readonly undo: boolean }
  /** All transactions of the group become durable, or none. Answered. */
  | { readonly kind: 'commit' }
  | { readonly kind: 'openSnapshot'; readonly number: number }
  | (Sql & { readonly kind: 'readSnapshot'; readonly number: number })
  | { readonly kind: 'closeSnapshot'; readonly number: number }
  | { readonly kind: 'close' };

export type Answer =
  | { readonly ok: true; readonly rows: readonly Row[]; readonly changes: number }
  | { readonly ok: false; readonly failure: SqliteFailure };

export interface SqliteFailure {
  readonly message: string;
  /** SQLite's extended result code; undefined where SQLite was not reached. */
  readonly code: number | undefined;
}
