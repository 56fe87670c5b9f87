// A problem with what somebody declared: where it stands, what is wrong, what to do. Expected, so a value and no error.

import { relative } from 'node:path';
import { problemLine } from '@tutti/schemas';

export type FieldPath = readonly (string | number)[];

/** Counted from 1, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Position {
  readonly path: string;
  /** `spec.timeout`, `mcpServers.fetch.args[0]`: the field as the file writes it. */
  readonly field?: string;
  readonly message: string;
  /** An error keeps the declaration from taking effect, a warning does not. */
  readonly severity: 'error' | 'warning';
}

/** On one line; paths inside of `baseFolder` are shown from there. */
export function formatProblem(problem: Problem, baseFolder?: string): string {
  const { path } = problem;
  const inside = baseFolder === undefined ? path : relative(baseFolder, path);
  return problemLine({ ...problem, path: inside === '' || inside.startsWith('..') ? path : inside });
}

export function formatFieldPath(path: FieldPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w$-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** The name of a field as a problem has it; a whole document has none. */
export function fieldName(field: FieldPath): { readonly field?: string } {
  return field.length === 0 ? {} : { field: formatFieldPath(field) };
}

/** In the order of paths, then lines: the order in which people work through them. */
export function compareProblems(a: Problem, b: Problem): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
