// One owner per state folder.

import { join } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import { isDiskFull, lockFile } from '../store/sqlite/file-lock.ts';
import { readInstance } from './instance-file.ts';

/** Rejects with `conflict` when somebody else owns the folder. Dispose to let it go. */
export async function acquireOwnerLock(stateDir: string): Promise<Disposable> {
  const path = join(stateDir, 'owner.lock');
  let lock: Disposable | undefined;
  try {
    lock = lockFile(path);
  } catch (error) {
    throw unlockable(path, error);
  }
  if (lock === undefined) throw await alreadyRunning(stateDir);
  return lock;
}

function unlockable(path: string, error: unknown): AppError {
  const reason = error instanceof Error ? error.message : String(error);
  const advice = isDiskFull(error)
    ? 'make room on its disk'
    : 'check that the folder is writable and on a local disk';
  return new AppError(
    'unavailable',
    `cannot lock ${path}: ${reason}; ${advice}, or choose another with --state`,
    { cause: error },
  );
}

async function alreadyRunning(stateDir: string): Promise<AppError> {
  const owner = await readInstance(stateDir);
  const who =
    owner === undefined
      ? `it is starting or stopping, state in ${stateDir}`
      : `pid ${owner.pid}, ${owner.url}`;
  return new AppError(
    'conflict',
    `already running: ${who}; use that one, stop it first, or choose another state folder with --state`,
    { details: { pid: owner?.pid, url: owner?.url } },
  );
}
