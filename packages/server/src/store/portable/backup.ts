// Backup, restore, and moving to another database. A backup is what the store held at one moment; everybody may go on
// meanwhile.

import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../kernel/errors.ts';
import type { AnyDatabase } from '../database.ts';
import { openUnmigrated, type OpenOptions } from '../open-database.ts';
import { messageOf } from '../store-error.ts';
import { readBackup, startBackup } from './backup-format.ts';
import { readContents } from './contents.ts';
import { fill, type Filled } from './fill.ts';

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
  await using snapshot = await database.snapshot();
  const { migrations, parts } = await readContents(snapshot);
  const backup = await startBackup(file, takenAtMs, migrations);
  let tables = 0;
  let rows = 0;
  for await (const part of parts) {
    if (part.kind === 'table') tables += 1;
    else rows += part.rows.length;
    await backup.write(part);
  }
  await backup.end();
  await file.sync();
  return { tables, rows };
}

/** Fills an empty store with a backup and brings it up to this version. Nobody may use that store meanwhile. */
export async function restoreBackup(path: string, url: string, options: OpenOptions): Promise<Filled> {
  await using contents = await readBackup(path);
  const opened = await openUnmigrated(url, options);
  await using _database = opened.database;
  return await fill(opened, contents);
}

/** Fills an empty store with all that `from` holds. Nobody may use that store meanwhile. */
export async function copyStore(from: AnyDatabase, url: string, options: OpenOptions): Promise<Filled> {
  await using snapshot = await from.snapshot();
  const contents = await readContents(snapshot);
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
