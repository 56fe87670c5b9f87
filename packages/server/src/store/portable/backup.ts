// Backup, restore, and moving to another database. A backup is what the store held at one moment; everybody may go on
// meanwhile.

import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../kernel/errors.ts';
import type { AnyDatabase } from '../database.ts';
import { refuseUnknown } from '../migrator.ts';
import { openUnmigrated, type OpenOptions } from '../open-database.ts';
import { messageOf } from '../store-error.ts';
import { formatBackup, readBackup } from './backup-format.ts';
import { readContents, type Filled } from './contents.ts';
import { fill } from './fill.ts';

/** What a backup that was cut off leaves behind. */
const PARTIAL = '.partial';

/** Writes all that the store holds now into a new file that only its owner can read. */
export async function writeBackup(database: AnyDatabase, path: string, takenAtMs: number): Promise<Filled> {
  if (await exists(path))
    throw new AppError('conflict', `${path} exists already; choose another name for the backup`);
  const partial = `${path}${PARTIAL}`;
  try {
    const filled = await writePartial(database, partial, takenAtMs);
    await rename(partial, path);
    await syncFolder(dirname(path));
    return filled;
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof AppError) throw error;
    throw new AppError('unavailable', `cannot write the backup ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function writePartial(database: AnyDatabase, path: string, takenAtMs: number): Promise<Filled> {
  await using file = await open(path, 'w', 0o600);
  const texts = backupTexts(database, takenAtMs);
  for (;;) {
    const next = await texts.next();
    if (next.done === true) {
      await file.sync();
      return next.value;
    }
    await file.appendFile(next.value);
  }
}

/** The text of a backup, piece by piece. */
export async function* backupTexts(
  database: Pick<AnyDatabase, 'snapshot'>,
  takenAtMs: number,
): AsyncGenerator<string, Filled> {
  await using snapshot = await database.snapshot();
  return yield* formatBackup(await readContents(snapshot), takenAtMs);
}

/** Reads a backup to its end; rejects where it is damaged. */
export async function checkBackup(path: string): Promise<Filled> {
  await using contents = await readBackup(path);
  let tables = 0;
  let rows = 0;
  for await (const part of contents.parts) {
    if (part.kind === 'table') tables += 1;
    else rows += part.rows.length;
  }
  return { tables, rows };
}

/** Fills an empty store with a backup and brings it up to this version. Nobody may use that store meanwhile. */
export async function restoreBackup(path: string, url: string, options: OpenOptions): Promise<Filled> {
  await using contents = await readBackup(path);
  refuseUnknown(contents.migrations, options.migrations, {
    what: `the backup ${path}`,
    advice: 'restore it with that version',
  });
  const opened = await openUnmigrated(url, options);
  await using _database = opened.database;
  return await fill(opened, contents);
}

/** Fills an empty store with all that `from` holds. Nobody may use that store meanwhile. */
export async function copyStore(from: AnyDatabase, url: string, options: OpenOptions): Promise<Filled> {
  await using snapshot = await from.snapshot();
  const contents = await readContents(snapshot);
  refuseUnknown(contents.migrations, options.migrations, {
    what: 'the store to copy',
    advice: 'copy it with that version',
  });
  const opened = await openUnmigrated(url, options);
  await using _database = opened.database;
  return await fill(opened, contents);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** The new name is on disk too. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}
