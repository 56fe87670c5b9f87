// A file of the state folder that its owner alone reads, written as a whole or not at all.

import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { AppError } from '../kernel/errors.ts';

/** Rejects with `unavailable` and what to do; the file is then as it was. */
export async function writeStateFile(path: string, content: string | Buffer): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, content, { mode: 0o600, flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'unavailable',
      `cannot write ${path}: ${reason}; make room on its disk and check that the folder is writable, or choose another with --state`,
      { cause: error },
    );
  }
}
