// Backup, restore and copy while no host runs here. Each owns the state folder first. Other hosts may go on while
// PostgreSQL is read, which shows it as it is at one moment; what is filled or replaced nobody else may have.

import { stat } from 'node:fs/promises';
import { systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { openUnmigrated, type OpenOptions, type UnmigratedDatabase } from '../store/open-database.ts';
import { copyStore, restoreBackup, writeBackup } from '../store/portable/backup.ts';
import type { Filled } from '../store/portable/contents.ts';
import { replaceStore, type Replaced } from '../store/portable/replace.ts';
import { sqlitePath, withoutPassword } from '../store/store-url.ts';
import { createRedactor } from '../telemetry/redactor.ts';
import { explainStoreError, MIGRATIONS, resolveStoreUrl, storeHolder } from './database.ts';
import { readEnvironment } from './environment.ts';
import { acquireOwnerLock } from './owner-lock.ts';
import { ensureStateDir } from './state-dir.ts';

export { checkBackup } from '../store/portable/backup.ts';
export type { Filled } from '../store/portable/contents.ts';

export interface StorePlace {
  readonly statePath: string;
  /** The URL of the store; by default that of TUTTI_STORE, else the one in the state folder. */
  readonly store?: string | undefined;
}

export interface Restored extends Filled {
  /** The store that was filled, for people. */
  readonly store: string;
  /** Where its former content is. */
  readonly kept?: string | undefined;
}

export async function backupStore(place: StorePlace, file: string): Promise<Filled> {
  return await owning(place, async (url, options) => {
    await using source = await openExisting(url, { ...options, isShared: true });
    return await writeBackup(source.database, file, systemClock.nowMs());
  });
}

/** Into an empty store, or with `replace` into the place of what is there. */
export async function restoreStore(
  place: StorePlace,
  { file, replace }: { readonly file: string; readonly replace: boolean },
): Promise<Restored> {
  return await owning(place, async (url, options) => {
    const fill = (target: string): Promise<Filled> => restoreBackup(file, target, options);
    const filled: Filled & Partial<Replaced> = replace
      ? await replaceStore(url, {
          holder: options.holder ?? '',
          clock: systemClock,
          fill: (target) => restoreBackup(file, target, { ...options, holder: undefined }),
        })
      : await fill(url);
    return { ...filled, store: withoutPassword(url) };
  });
}

/** All that the store of the place holds into an empty one. */
export async function copyStoreTo(place: StorePlace, to: string): Promise<Restored> {
  return await owning(place, async (url, options) => {
    await using source = await openExisting(url, { ...options, isShared: true });
    const filled = await explained(to, () => copyStore(source.database, to, options));
    return { ...filled, store: withoutPassword(to) };
  });
}

async function owning<T>(
  { statePath, store }: StorePlace,
  work: (url: string, options: OpenOptions) => Promise<T>,
): Promise<T> {
  await ensureStateDir(statePath);
  using _lock = await acquireOwnerLock(statePath);
  const url = store ?? resolveStoreUrl(readEnvironment().store, statePath);
  const options: OpenOptions = { migrations: MIGRATIONS, holder: storeHolder(statePath) };
  return await explained(url, () => work(url, options));
}

async function explained<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainStoreError(error, url, createRedactor());
  }
}

/** As it is: a backup brings nothing up to this version. */
async function openExisting(
  url: string,
  options: OpenOptions,
): Promise<UnmigratedDatabase & AsyncDisposable> {
  const path = sqlitePath(url);
  if (path !== undefined && !(await isFile(path)))
    throw new AppError(
      'not_found',
      'there is none; name the state folder with --state, or the store with TUTTI_STORE',
    );
  const opened = await openUnmigrated(url, options);
  return { ...opened, [Symbol.asyncDispose]: () => opened.database[Symbol.asyncDispose]() };
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
