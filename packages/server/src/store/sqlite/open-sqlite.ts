// Opens the embedded store: a file that nobody but its owner can read, and the thread that has it.

import { open } from 'node:fs/promises';
import type { Clock } from '../../kernel/clock.ts';
import type { Driver } from '../driver.ts';
import { messageOf, StoreError } from '../store-error.ts';
import { createRestingLink } from './resting-link.ts';
import { createStoreClock } from './sqlite-clock.ts';
import { createSqliteDriver } from './sqlite-driver.ts';
import { startWorker } from './worker-link.ts';

/** How long another process that writes to the file is waited for. */
const BUSY_TIMEOUT_MS = 10_000;

export async function openSqlite(
  path: string,
  clock: Pick<Clock, 'after'>,
  wallMs: () => number,
): Promise<Driver> {
  await ensurePrivateFile(path);
  const worker = createRestingLink({ start: () => startWorker(path, BUSY_TIMEOUT_MS), clock });
  try {
    await worker.ask({ kind: 'read', sql: 'select 1', parameters: [], prepared: false });
  } catch (error) {
    await worker[Symbol.asyncDispose]();
    throw error;
  }
  return createSqliteDriver(worker, createStoreClock({ wallMs, elapsedMs: () => performance.now() }));
}

/** SQLite gives the files that it puts beside the database the permissions of the database. */
async function ensurePrivateFile(path: string): Promise<void> {
  try {
    const file = await open(path, 'a', 0o600);
    await file.close();
  } catch (error) {
    throw new StoreError(
      'storage',
      `cannot open the store: ${messageOf(error)}; check that its folder exists and can be written`,
      { cause: error },
    );
  }
}
