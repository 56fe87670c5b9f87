// What every syntax gives: values, and where each of their fields stands.

import type { FieldPath, Position } from '../problem.ts';

export interface ParsedDocument {
  readonly value: unknown;
  /** Where a field stands; for a field that is not there, the nearest one around it. */
  locate(field: FieldPath): Position;
  /** What to change in the text so that a field has this value, and nothing else is another one. Undefined where it
   *  can't be said in this place. */
  write(field: FieldPath, value: boolean): readonly Edit[] | undefined;
}

/** Puts `text` in the place of what stands from `start` to `end`: offsets in the text that was parsed. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
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
