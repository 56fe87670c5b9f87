import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import type { Database } from '../../src/store/database.ts';
import { copyStore, restoreBackup, writeBackup } from '../../src/store/portable/backup.ts';
import { closeStoresAfterTests, openTest, stores } from './support/stores.ts';
import { TEST_MIGRATIONS, type TestTables } from './support/tables.ts';

closeStoresAfterTests();

const ROWS = 1_234;
const OPTIONS = { migrations: [TEST_MIGRATIONS] };
const NEWER = {
  migrations: [
    {
      ...TEST_MIGRATIONS,
      migrations: [
        ...TEST_MIGRATIONS.migrations,
        {
          number: 3,
          name: 'marks',
          async up({ queries }: Parameters<(typeof TEST_MIGRATIONS.migrations)[0]['up']>[0]) {
            await queries<TestTables>()
              .updateTable('t_rows')
              .set({ note: 'marked' })
              .where('n', '=', 7)
              .execute();
          },
        },
      ],
    },
  ],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-backup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fillRows(database: Database<TestTables>): Promise<void> {
  await database.transaction(async (tx) => {
    for (let n = 0; n < ROWS; n++)
      await tx
        .insertInto('t_rows')
        .values({ id: `row ${n}`, n, note: n % 2 === 0 ? null : `"\u2028\n€😀 ${n}` })
        .execute();
    await tx
      .insertInto('t_history')
      .values({ seq: 1, at_ms: await tx.nowMs() })
      .execute();
  });
}

const all = async (database: Database<TestTables>) => ({
  rows: await database.read.selectFrom('t_rows').selectAll().orderBy('n').execute(),
  history: await database.read.selectFrom('t_history').selectAll().execute(),
});

const pairs = stores.flatMap((from) =>
  stores.map((to) => ({ from, to, title: `${from.name} to ${to.name}` })),
);

describe.each(pairs)('from $title', ({ from, to, title }) => {
  test('a backup restores all that there was, as of one moment', async () => {
    verifies('OPS-02');
    const source = await openTest(from.freshUrl());
    await fillRows(source);
    const path = join(folder, `${title}.backup`);
    const writing = writeBackup(source, path, 0);
    // Whoever writes meanwhile does not wait for the backup.
    await source.transaction((tx) => tx.insertInto('t_history').values({ seq: 2, at_ms: 2 }).execute());
    const written = await writing;
    const url = to.freshUrl();
    const restored = await restoreBackup(path, url, OPTIONS);
    expect(restored).toEqual(written);
    const target = await openTest(url);
    const { rows, history } = await all(target);
    expect(rows).toEqual((await all(source)).rows);
    expect(rows).toHaveLength(ROWS);
    expect([1, 2]).toContain(history.length);
    await target.transaction((tx) => tx.insertInto('t_history').values({ seq: 3, at_ms: 3 }).execute());
  });

  test('a copy is the same, and goes only into an empty store', async () => {
    verifies('OPS-02');
    const source = await openTest(from.freshUrl());
    await fillRows(source);
    const url = to.freshUrl();
    const { rows } = await copyStore(source, url, OPTIONS);
    expect(rows).toBeGreaterThanOrEqual(ROWS + 1);
    const target = await openTest(url);
    expect(await all(target)).toEqual(await all(source));
    await target[Symbol.asyncDispose]();
    await expect(copyStore(source, url, OPTIONS)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('not empty'),
    });
  });

  test('a backup of an older version is brought up to this one', async () => {
    verifies('OPS-02');
    const source = await openTest(from.freshUrl());
    await fillRows(source);
    const path = join(folder, `${title}.old`);
    await writeBackup(source, path, 0);
    const url = to.freshUrl();
    await restoreBackup(path, url, NEWER);
    await expect(openTest(url)).rejects.toMatchObject({ code: 'conflict' });
    const target = await openTest(url, NEWER);
    const marked = await target.read.selectFrom('t_rows').select('n').where('note', '=', 'marked').execute();
    expect(marked).toEqual([{ n: 7 }]);
    const newer = join(folder, `${title}.new`);
    await writeBackup(target, newer, 0);
    await expect(restoreBackup(newer, to.freshUrl(), OPTIONS)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe.each(stores)('a backup of $name', ({ name, freshUrl }) => {
  const damage: readonly [string, (text: string) => string][] = [
    ['cut off in a line', (text) => text.slice(0, -20)],
    ['cut off after a line', (text) => text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1)],
    ['changed', (text) => text.replace('"row 5",5', '"row 5",6')],
    ['short of a row', (text) => text.replace(/\["row 9",[^\n]*\n/, '')],
    ['mixed with other text', (text) => text.replace('["row 9"', 'hello\n["row 9"')],
    ['empty', () => ''],
    ['something else', () => '{"apiVersion":"v1"}\n'],
  ];

  test.each(damage)('that is %s restores nothing', async (_, spoil) => {
    verifies('OPS-02');
    const source = await openTest(freshUrl());
    await fillRows(source);
    const path = join(folder, `${name}.damaged`);
    await rm(path, { force: true });
    await writeBackup(source, path, 0);
    const text = await readFile(path, 'utf8');
    const spoilt = spoil(text);
    expect(spoilt).not.toBe(text);
    await writeFile(path, spoilt);
    const url = freshUrl();
    await expect(restoreBackup(path, url, OPTIONS)).rejects.toMatchObject({ code: 'invalid_config' });
    expect(await all(await openTest(url))).toEqual({ rows: [], history: [] });
  });

  test('is never written over another file, is for its owner alone, and leaves no litter', async () => {
    const source = await openTest(freshUrl());
    const own = await mkdtemp(join(folder, 'own-'));
    const path = join(own, 'a.backup');
    await writeBackup(source, path, 0);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await expect(writeBackup(source, path, 0)).rejects.toMatchObject({ code: 'conflict' });
    await expect(writeBackup(source, join(own, 'nowhere', 'a'), 0)).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await readdir(own)).toEqual(['a.backup']);
  });
});
