// What goes to a database and what comes back, in values that every database keeps alike: text without NUL, numbers,
// null. Booleans are integers, times are integer milliseconds, structures are JSON text.

import { StoreError } from './store-error.ts';

export type Value = string | number | null;

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly Value[];
  /** Kept prepared; for statements that come again with other values. */
  readonly prepared: boolean;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Outcome {
  readonly rows: readonly Row[];
  /** Rows that were inserted, updated or deleted; 0 for a query. */
  readonly changes: number;
}

/** The parameters as values; refuses what one of the databases would keep differently or not at all. */
export function checkParameters(parameters: readonly unknown[]): readonly Value[] {
  return parameters.map((value, index) => {
    if (isValue(value)) return value;
    throw new StoreError(
      'invalid_statement',
      `parameter ${index + 1} can't be kept: ${describe(value)}; use text without NUL, a finite number or null`,
    );
  });
}

/** The text with what can't be kept replaced; for text that others wrote. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\u{FFFD}');
}

export function isValue(value: unknown): value is Value {
  switch (typeof value) {
    case 'string':
      return !value.includes('\0') && value.isWellFormed();
    case 'number':
      return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    default:
      return value === null;
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return 'text with a NUL or half of a surrogate pair';
  if (typeof value === 'number') return 'a number that is not finite or beyond 2^53';
  return Array.isArray(value) ? 'an array' : typeof value;
}
