// From what was applied and what was seen to what has to be applied. Pure but for the memory of what was applied.

import { sep } from 'node:path';
import type { Problem } from '../resources/problem.ts';
import type { ScopeContent } from '../resources/store.ts';
import type { Scan, SeenFile } from './seen.ts';

/** What stands behind each scope now: a text, or why there is none. Two equal ones need no second application. */
export type Applied = Map<string, string>;

export interface Taken {
  /** Undefined when nothing could be looked at: then only the notes are taken. */
  readonly seen: Scan | undefined;
  /** What is to be said beside it. */
  readonly notes: { readonly scope: string; readonly problems: readonly Problem[] };
  readonly read: (path: string, file: SeenFile) => ScopeContent;
}

/** The changes that lead from `applied` to what is taken; `applied` is brought up to date. */
export function takeChanges(
  applied: Applied,
  { seen, notes, read }: Taken,
): ReadonlyMap<string, ScopeContent | null> {
  const changes = new Map<string, ScopeContent | null>();
  const present = new Set<string>();
  const put = (scope: string, state: string, read: () => ScopeContent) => {
    present.add(scope);
    if (applied.get(scope) === state) return;
    applied.set(scope, state);
    changes.set(scope, read());
  };
  for (const [path, file] of seen?.files ?? []) put(path, file.text, () => read(path, file));
  for (const [path, problem] of seen?.unreadable ?? [])
    put(path, `unreadable: ${problem.message}`, () => ({ servers: [], problems: [problem], broken: 'all' }));
  const problems = [...(seen?.leftOut ?? []), ...notes.problems];
  put(notes.scope, JSON.stringify(problems), () => ({ servers: [], problems, broken: new Set() }));
  if (seen === undefined) return changes;
  for (const scope of applied.keys()) {
    // What stands below a folder that can't be read is unknown, so it stays.
    if (present.has(scope) || isBelow(scope, seen.unreadable.keys())) continue;
    applied.delete(scope);
    changes.set(scope, null);
  }
  return changes;
}

function isBelow(path: string, folders: Iterable<string>): boolean {
  for (const folder of folders) if (path.startsWith(`${folder}${sep}`)) return true;
  return false;
}
