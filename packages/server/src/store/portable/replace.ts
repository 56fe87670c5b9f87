// Another content for a store that is not empty: made beside it, and put in its place when it is complete. What was there
// is kept beside it too.

import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { sqlitePath } from '../store-url.ts';
import type { Filled } from './contents.ts';

/** SQLite's files of one database. */
const FILES = ['', '-wal', '-shm'] as const;
const NEW = 'restoring';
const OLD = 'replaced';

export interface Replaced extends Filled {
  /** Where the former content is. */
  readonly kept: string;
}

export interface ReplaceOptions {
  readonly holder: string;
  readonly clock: Pick<Clock, 'after'>;
  /** Fills the empty store of this URL. */
  readonly fill: (url: string) => Promise<Filled>;
}

/** Rejects with `held` when somebody uses the store. */
export async function replaceStore(url: string, options: ReplaceOptions): Promise<Replaced> {
  const path = sqlitePath(url);
  return path === undefined
    ? await replacePostgres(url, options)
    : await replaceSqlite(resolve(path), options);
}

async function replaceSqlite(path: string, { holder, fill }: ReplaceOptions): Promise<Replaced> {
  const { ownSqlite } = await import('../sqlite/sqlite-owner.ts');
  await using _owner = await ownSqlite(path, holder);
  const fresh = `${path}.${NEW}`;
  const kept = `${path}.${OLD}`;
  for (const end of FILES) await rm(`${fresh}${end}`, { force: true });
  const filled = await fill(`sqlite:${fresh}`);
  for (const end of FILES) {
    await rm(`${kept}${end}`, { force: true });
    await rename(`${path}${end}`, `${kept}${end}`).catch(ignoreMissing);
  }
  await rename(fresh, path);
  return { ...filled, kept };
}

async function replacePostgres(url: string, { holder, clock, fill }: ReplaceOptions): Promise<Replaced> {
  const { createPool, parsePostgresUrl, quoted } = await import('../postgres/postgres-pool.ts');
  const { ownPostgres } = await import('../postgres/postgres-owner.ts');
  const place = parsePostgresUrl(url);
  await using stack = new AsyncDisposableStack();
  stack.use(
    await ownPostgres({ place, holder, isShared: false, replica: undefined, clock, random: Math.random }),
  );
  const pool = await createPool(place);
  stack.defer(() => pool.end());
  const fresh = `${place.schema}_${NEW}`;
  const kept = `${place.schema}_${OLD}`;
  await pool.query(`drop schema if exists ${quoted(fresh)} cascade`);
  const target = new URL(url);
  target.searchParams.set('schema', fresh);
  const filled = await fill(target.href);
  // Several statements in one query are one transaction.
  await pool.query(`drop schema if exists ${quoted(kept)} cascade;
    alter schema ${quoted(place.schema)} rename to ${quoted(kept)};
    alter schema ${quoted(fresh)} rename to ${quoted(place.schema)}`);
  return { ...filled, kept: `the schema ${kept}` };
}

function ignoreMissing(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
  throw error;
}
