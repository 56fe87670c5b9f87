// What only the embedded store does: commits that are shared, a full disk, a clock that survives, files of its own.

import { readdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import type { Database } from '../../src/store/database.ts';
import { sql } from '../../src/store/kysely.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { createStoreClock } from '../../src/store/sqlite/sqlite-clock.ts';
import { closeStoresAfterTests, openTest, sqliteUrl } from './support/stores.ts';
import { TEST_MIGRATIONS, type TestTables } from './support/tables.ts';

closeStoresAfterTests();

const insert = (database: Database<TestTables>, id: string, note: string | null = null) =>
  database.transaction((tx) => tx.insertInto('t_rows').values({ id, n: 0, note }).execute());

const ids = async (database: Database<TestTables>): Promise<string[]> =>
  (await database.read.selectFrom('t_rows').select('id').execute()).map(({ id }) => id);

/** Commits that reached the disk so far: each leaves its mark at the end of its frames in the log. */
async function commits(url: string): Promise<number> {
  const path = `${url.slice('sqlite:'.length)}-wal`;
  const { readFile } = await import('node:fs/promises');
  const log = await readFile(path);
  const pageSize = log.readUInt32BE(8);
  let marks = 0;
  // A frame is 24 bytes and a page; its second word is not 0 where it ends a commit.
  for (let at = 32; at + 24 + pageSize <= log.length; at += 24 + pageSize)
    if (log.readUInt32BE(at + 4) !== 0) marks += 1;
  return marks;
}

test('transactions that wait share a commit, each with its own outcome', async () => {
  verifies('OPS-02');
  const url = sqliteUrl();
  const database = await openTest(url);
  await insert(database, 'taken');
  const before = await commits(url);
  const many = Array.from({ length: 50 }, (_, index) =>
    insert(database, index === 20 ? 'taken' : `row ${index}`),
  );
  const results = await Promise.allSettled(many);
  expect(results.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([20]);
  expect(await ids(database)).toHaveLength(50);
  const used = (await commits(url)) - before;
  expect(used).toBeGreaterThan(0);
  // One before the one that failed, with it, one after it.
  expect(used).toBeLessThan(5);
});

test('one by one, each transaction has a commit of its own', async () => {
  const url = sqliteUrl();
  const database = await openTest(url);
  const before = await commits(url);
  for (let index = 0; index < 10; index++) await insert(database, `row ${index}`);
  expect((await commits(url)) - before).toBe(10);
});

test('on a full disk everything that was not acknowledged is refused, and later it goes on', async () => {
  verifies('OPS-03');
  const url = sqliteUrl();
  const database = await openTest(url);
  await insert(database, 'first');
  const limitPages = (pages: number) =>
    database.transaction((tx) => sql`pragma max_page_count = ${sql.lit(pages)}`.execute(tx));
  await limitPages(30);
  const many = Array.from({ length: 60 }, (_, index) => insert(database, `row ${index}`, 'x'.repeat(4_000)));
  const results = await Promise.allSettled(many);
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  expect(refused.length).toBeGreaterThan(0);
  for (const reason of refused) expect(reason).toMatchObject({ failure: 'disk_full', code: 'unavailable' });
  expect(await ids(database)).toHaveLength(1 + 60 - refused.length);
  await limitPages(10_000);
  await insert(database, 'later');
  await database[Symbol.asyncDispose]();
  expect(await ids(await openTest(url))).toContain('later');
});

test('the clock does not go back over a restart when the clock of the system does', async () => {
  verifies('OPS-02');
  const url = sqliteUrl();
  const at = async (wallMs: number): Promise<number> => {
    const database = await openTest(url, { wallMs: () => wallMs });
    const told = await database.transaction((tx) => tx.nowMs());
    await database[Symbol.asyncDispose]();
    return told;
  };
  expect(await at(5_000_000)).toBe(5_000_000);
  expect(await at(1_000_000)).toBeGreaterThanOrEqual(5_000_000);
  expect(await at(9_000_000)).toBe(9_000_000);
});

test('what a transaction that was undone was told does not count', async () => {
  const url = sqliteUrl();
  let wallMs = 5_000_000;
  const database = await openTest(url, { wallMs: () => wallMs });
  const failure = new Error('undone');
  const work = database.transaction(async (tx) => {
    await tx.nowMs();
    throw failure;
  });
  await expect(work).rejects.toBe(failure);
  await database[Symbol.asyncDispose]();
  wallMs = 1_000_000;
  const again = await openTest(url, { wallMs: () => wallMs });
  expect(await again.transaction((tx) => tx.nowMs())).toBe(1_000_000);
});

test('while the clock of the system is behind, time goes on at half the speed until it has caught up', () => {
  let wallMs = 1_000;
  let elapsedMs = 0;
  const clock = createStoreClock({ wallMs: () => wallMs, elapsedMs: () => elapsedMs });
  const pass = (ms: number): number => {
    wallMs += ms;
    elapsedMs += ms;
    const now = clock.estimate();
    clock.atLeast(now);
    return now;
  };
  expect(pass(0)).toBe(1_000);
  wallMs -= 600;
  expect(pass(400)).toBe(1_200);
  expect(pass(400)).toBe(1_400);
  expect(pass(400)).toBe(1_600);
  expect(pass(400)).toBe(2_000);
});

test('what only reads cannot write, whatever it is told', async () => {
  const database = await openTest(sqliteUrl());
  await insert(database, 'a');
  const writing = sql`delete from t_rows`.execute(database.read as never);
  await expect(writing).rejects.toMatchObject({ failure: 'storage' });
  expect(await ids(database)).toEqual(['a']);
});

test('nobody else may read its files', async () => {
  const url = sqliteUrl();
  await openTest(url);
  const folder = dirname(url.slice('sqlite:'.length));
  const files = await readdir(folder);
  expect(files.toSorted()).toEqual(['tutti.db', 'tutti.db-shm', 'tutti.db-wal']);
  for (const file of files) expect((await stat(`${folder}/${file}`)).mode & 0o777).toBe(0o600);
});

test('says what is wrong with a file or a URL that is no store', async () => {
  const url = sqliteUrl();
  const path = url.slice('sqlite:'.length);
  await writeFile(path, 'not a database at all, but long enough to be taken for one'.repeat(20));
  const options = { migrations: [TEST_MIGRATIONS] };
  await expect(openDatabase(url, options)).rejects.toMatchObject({
    failure: 'storage',
    message: expect.stringContaining('no SQLite database'),
  });
  await expect(openDatabase(`sqlite:${path}/below`, options)).rejects.toMatchObject({ failure: 'storage' });
  for (const wrong of ['', 'sqlite:', 'mysql://x', '/a/path'])
    await expect(openDatabase(wrong, options)).rejects.toMatchObject({ code: 'invalid_config' });
});
