// SQLite's result codes as the store's own failures. https://www.sqlite.org/rescode.html

import { StoreError, type StoreFailure } from '../store-error.ts';
import type { SqliteFailure } from './protocol.ts';

/** Extended codes keep the primary one in the lowest byte. */
const PRIMARY_CODE = 0xff;
const CONSTRAINT = 19;
const CONSTRAINT_PRIMARY_KEY = 1_555;
const CONSTRAINT_UNIQUE = 2_067;

const OF_PRIMARY_CODE: Readonly<Record<number, readonly [StoreFailure, string]>> = {
  5: ['contention', 'another process is writing to the store; try again later'],
  6: ['contention', 'another process is writing to the store; try again later'],
  8: ['storage', 'the store can only be read; check the permissions of its file and folder'],
  10: ['storage', 'the disk failed; check it, then restore a backup if the store does not open'],
  11: ['storage', "the store's file is damaged; restore a backup into an empty state folder"],
  13: ['disk_full', 'the disk that the store is on is full; make room there'],
  14: ['storage', "the store's file cannot be opened; check that its folder exists and can be written"],
  26: ['storage', 'this file is no SQLite database; choose another path'],
};

export function sqliteError({ message, code }: SqliteFailure): StoreError {
  const cause = new Error(message);
  if (code === CONSTRAINT_UNIQUE || code === CONSTRAINT_PRIMARY_KEY) {
    const table = /: ([^.]+)\./.exec(message)?.[1];
    return new StoreError('unique_violation', `${table ?? 'a table'} has a row with this key already`, {
      cause,
      details: { table },
    });
  }
  const primary = code === undefined ? undefined : code & PRIMARY_CODE;
  if (primary === CONSTRAINT) return new StoreError('constraint_violation', message, { cause });
  const known = primary === undefined ? undefined : OF_PRIMARY_CODE[primary];
  if (known === undefined) return new StoreError('invalid_statement', message, { cause });
  const [failure, advice] = known;
  return new StoreError(failure, `${advice} (${message})`, { cause, details: { code } });
}
