// The drafts that a declaring file is replaced by, beside it. One that is left is of a process that was killed before it
// could put the draft in place; nobody reads it, and it is removed once it is so old that nobody can be writing it.

import { randomUUID } from 'node:crypto';
import { lstat, readdir, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writing one takes no second. */
export const DRAFT_MAX_AGE_MS = 60_000;
const DRAFT = /^\.(.+)\.[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.tmp$/;

export function draftOf(file: string): string {
  return join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
}

/** Removes what is left beside these declaring files; true when something was too young. Never rejects. */
export async function sweepDrafts(files: Iterable<string>, nowMs: number): Promise<boolean> {
  const names = new Map<string, Set<string>>();
  for (const path of files) {
    // What a link leads to is written.
    const file = await realpath(path).catch(() => path);
    const known = names.get(dirname(file)) ?? new Set<string>();
    names.set(dirname(file), known.add(basename(file)));
  }
  let isAnyYoung = false;
  for (const [folder, declaring] of names)
    for (const name of await readdir(folder).catch(() => [])) {
      if (!declaring.has(DRAFT.exec(name)?.[1] ?? '')) continue;
      const draft = join(folder, name);
      const found = await lstat(draft).catch(() => undefined);
      if (found?.isFile() !== true) continue;
      if (nowMs - found.mtimeMs < DRAFT_MAX_AGE_MS) isAnyYoung = true;
      else await rm(draft, { force: true }).catch(() => undefined);
    }
  return isAnyYoung;
}
