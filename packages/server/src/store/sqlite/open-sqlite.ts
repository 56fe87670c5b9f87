// Opens the embedded store: a file that nobody but its owner can read, and the thread that has it.

import { open, stat } from 'node:fs/promises';
import type { Clock } from '../../kernel/clock.ts';
import type { Driver } from '../driver.ts';
import { messageOf, StoreError } from '../store-error.ts';
import { createRestingLink } from './resting-link.ts';
import { createStoreClock } from './sqlite-clock.ts';
import { createSqliteDriver } from './sqlite-driver.ts';
import { ownSqlite } from './sqlite-owner.ts';
import { startWorker } from './worker-link.ts';

/** How long another process that writes to the file is waited for. */
const BUSY_TIMEOUT_MS = 10_000;

export interface OpenSqliteOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly wallMs: () => number;
  /** Who wants the store for itself; undefined: shared with whoever has it. */
  readonly holder: string | undefined;
}

export async function openSqlite(
  path: string,
  { clock, wallMs, holder }: OpenSqliteOptions,
): Promise<Driver> {
  await using stack = new AsyncDisposableStack();
  await ensurePrivateFile(path);
  if (holder !== undefined) stack.use(await ownSqlite(path, holder));
  const worker = stack.use(createRestingLink({ start: () => startWorker(path, BUSY_TIMEOUT_MS), clock }));
  await worker.ask({ kind: 'read', sql: 'select 1', parameters: [], prepared: false });
  const storeClock = createStoreClock({ wallMs, elapsedMs: () => performance.now() });
  const parts = stack.move();
  return createSqliteDriver(worker, storeClock, {
    close: () => parts.disposeAsync(),
    sizeBytes: () => sizeOf(path),
  });
}

/** The database and its log; the thread is left alone for it. */
async function sizeOf(path: string): Promise<number | undefined> {
  const sizes = await Promise.all(
    [path, `${path}-wal`].map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => undefined,
      ),
    ),
  );
  const [database, log = 0] = sizes;
  return database === undefined ? undefined : database + log;
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
