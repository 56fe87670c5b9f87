// A lock that the system frees whatever way its holder ends, kill -9 included, so that there is no stale one to judge: a
// SQLite file held in an exclusive transaction.

import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Of two that start at once each may be in the way of the other for a moment; waiting lets one of them through. */
const BUSY_TIMEOUT_MS = 250;

const OWNER_ONLY = 0o600;
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
/** Extended codes keep the primary one in the lowest byte. */
const PRIMARY_CODE = 0xff;

/** Undefined when somebody else has it; throws where the file can't be made. Dispose to let it go. */
export function lockFile(path: string): Disposable | undefined {
  let database: DatabaseSync | undefined;
  keepToOwner(path);
  try {
    const opened = (database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }));
    opened.exec('BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => opened.close() };
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}

/** SQLite makes files that everybody may read. One that is there is not opened for this: closing it again would let go of
 *  a lock that this process has on it. */
function keepToOwner(path: string): void {
  try {
    closeSync(openSync(path, 'wx', OWNER_ONLY));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    try {
      chmodSync(path, OWNER_ONLY);
    } catch {
      // Somebody else's file: whether it can be locked is for SQLite to say.
    }
  }
}

/** Of what `lockFile` throws: there is no room for the file. */
export function isDiskFull(error: unknown): boolean {
  return primaryCode(error) === SQLITE_FULL;
}

function isBusy(error: unknown): boolean {
  return primaryCode(error) === SQLITE_BUSY;
}

function primaryCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & PRIMARY_CODE
    : undefined;
}
