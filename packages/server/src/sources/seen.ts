// What one look at a place gives, be it a folder or a commit, and which files of it count.

import type { Problem } from '../resources/problem.ts';

export interface SeenFile {
  readonly text: string;
  /** Whether it is one among others of a folder: it may then hold something else altogether. */
  readonly inFolder: boolean;
}

export interface Scan {
  /** By path. */
  readonly files: ReadonlyMap<string, SeenFile>;
  /** By the path that could not be read: a file, or a folder with all that is in it. What it held is unknown. */
  readonly unreadable: ReadonlyMap<string, Problem>;
  /** What was left out on purpose. */
  readonly leftOut: readonly Problem[];
}

/** A folder with one of these is a project: it is read as these two. */
export const PROJECT_NAMES: readonly string[] = ['tutti.yaml', 'tutti'];

/** Whether an entry of a tree is looked at, by its name alone. `.mcp.json` counts at the top only. */
export function isIgnoredName(name: string, isTop: boolean): boolean {
  if (name === '.mcp.json') return !isTop;
  return name.startsWith('.') || name === 'node_modules';
}

export function problemAt(path: string, message: string, severity: Problem['severity'] = 'error'): Problem {
  return { path, line: 1, column: 1, message, severity };
}
