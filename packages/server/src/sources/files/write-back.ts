// Writes into a declaring file that one of its servers is suspended, or not any more. The file is replaced as a whole:
// whoever reads it sees the old text or the new one. What somebody else writes at the same moment is not overwritten.

import { access, constants, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { decodeText, NOT_UTF8 } from '../../resources/read-text.ts';
import { writeSuspended } from '../../resources/write-suspended.ts';
import { draftOf } from './drafts.ts';

export type WrittenBack = { readonly kind: 'written' } | { readonly kind: 'failed'; readonly reason: string };

/** Looks at a file that changes all the time. */
const MAX_TRIES = 3;
const WRITABLE_BY_ANYBODY = 0o222;

/** Never rejects for what it finds on disk. */
export async function writeSuspendedBack(
  path: string,
  wanted: { readonly server: string; readonly suspended: boolean },
): Promise<WrittenBack> {
  try {
    // A link stays one: what it leads to is written.
    const file = await realpath(path);
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const before = await readFile(file);
      const text = decodeText(before);
      if (text === undefined) return failed(NOT_UTF8);
      const rewritten = writeSuspended(path, text, wanted);
      if (rewritten.kind === 'failed') return rewritten;
      if (rewritten.text === text) return { kind: 'written' };
      if (await replace(file, before, rewritten.text)) return { kind: 'written' };
    }
    return failed('somebody else is writing the file');
  } catch (error) {
    return failed(describe(error));
  }
}

/** False when the file is not what it was any more. */
async function replace(file: string, before: Buffer, text: string): Promise<boolean> {
  const { mode, uid, gid } = await stat(file);
  await access(file, constants.W_OK);
  // Permissions do not bind root, but they say what the owner wants.
  if ((mode & WRITABLE_BY_ANYBODY) === 0) throw new Error('the file is read-only');
  const draft = draftOf(file);
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      const own = await handle.stat();
      if (own.uid !== uid || own.gid !== gid) await handle.chown(uid, gid);
      await handle.chmod(mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!before.equals(await readFile(file))) return false;
    await rename(draft, file);
    return true;
  } finally {
    await rm(draft, { force: true });
  }
}

function failed(reason: string): WrittenBack {
  return { kind: 'failed', reason };
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission to write it',
  EPERM: 'no permission to write it',
  EROFS: 'it is on a read-only disk',
  ENOSPC: 'the disk is full',
  ENOENT: 'the file is gone',
};

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? error.message;
}
