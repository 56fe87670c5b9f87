// One owner per state folder. The lock is a SQLite file held in an exclusive transaction: the system frees it whatever
// way the owner ends, kill -9 included, so that there is no stale lock to judge.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../kernel/errors.ts';
import { readInstance } from './instance-file.ts';

/** Of two that start at once each may be in the way of the other for a moment; waiting lets one of them through. */
const BUSY_TIMEOUT_MS = 250;

const SQLITE_BUSY = 5;
/** Extended codes keep the primary one in the lowest byte. */
const PRIMARY_CODE = 0xff;

/** Rejects with `conflict` when somebody else owns the folder. Dispose to let it go. */
export async function acquireOwnerLock(stateDir: string): Promise<Disposable> {
  const path = join(stateDir, 'owner.lock');
  let database: DatabaseSync | undefined;
  try {
    const opened = (database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }));
    opened.exec('BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => opened.close() };
  } catch (error) {
    database?.close();
    if (isBusy(error)) throw await alreadyRunning(stateDir, error);
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'unavailable',
      `cannot lock ${path}: ${reason}; check that the folder is writable and on a local disk, or choose another with --state`,
      { cause: error },
    );
  }
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    (error.errcode & PRIMARY_CODE) === SQLITE_BUSY
  );
}

async function alreadyRunning(stateDir: string, cause: unknown): Promise<AppError> {
  const owner = await readInstance(stateDir);
  const who =
    owner === undefined
      ? `it is starting or stopping, state in ${stateDir}`
      : `pid ${owner.pid}, ${owner.url}`;
  return new AppError(
    'conflict',
    `already running: ${who}; use that one, stop it first, or choose another state folder with --state`,
    { cause, details: { pid: owner?.pid, url: owner?.url } },
  );
}
