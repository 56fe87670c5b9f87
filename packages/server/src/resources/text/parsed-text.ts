// What every syntax gives: values, and where each of their fields stands.

import type { FieldPath, Position } from '../problem.ts';

export interface ParsedDocument {
  readonly value: unknown;
  /** Where a field stands; for a field that is not there, the nearest one around it. */
  locate(field: FieldPath): Position;
}

export interface SyntaxError extends Position {
  readonly field?: FieldPath;
  readonly message: string;
}

export interface ParsedText {
  readonly documents: readonly ParsedDocument[];
  readonly errors: readonly SyntaxError[];
}

/** Line and column of an offset, without keeping an index: for texts with one error. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
