import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { firstLine, nodeArgs, startProcess } from '../../../../test/support/process.ts';
import { verifies } from '../../../../test/verifies.ts';
import type { Migration, ModuleMigrations } from '../../src/store/migration.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { closeStoresAfterTests, openTest, stores } from './support/stores.ts';
import { TEST_MIGRATIONS } from './support/tables.ts';

closeStoresAfterTests();

const PROCESS = fileURLToPath(new URL('./support/migrator-process.ts', import.meta.url));

const upTo = (last: number): ModuleMigrations => ({
  ...TEST_MIGRATIONS,
  migrations: TEST_MIGRATIONS.migrations.slice(0, last),
});

const failing: Migration = {
  number: 3,
  name: 'fails',
  async up({ schema, types }) {
    await schema.createTable('t_third').addColumn('id', types.text).execute();
    throw new Error('no further');
  },
};

describe.each(stores)('migrations on $name', ({ freshUrl }) => {
  test('are made once, the new ones later', async () => {
    verifies('OPS-02');
    const url = freshUrl();
    const before = await openTest(url, { migrations: [upTo(1)] });
    await before.transaction((tx) => tx.insertInto('t_rows').values({ id: 'a', n: 1, note: null }).execute());
    await before[Symbol.asyncDispose]();
    for (let start = 0; start < 2; start++) {
      const after = await openTest(url);
      expect(await after.read.selectFrom('t_rows').select('id').execute()).toEqual([{ id: 'a' }]);
      expect(await after.read.selectFrom('t_history').selectAll().execute()).toEqual([]);
      await after[Symbol.asyncDispose]();
    }
  });

  test('one that fails leaves nothing, and can be made again', async () => {
    verifies('OPS-02');
    const url = freshUrl();
    await (await openTest(url, { migrations: [upTo(1)] }))[Symbol.asyncDispose]();
    const broken = { ...TEST_MIGRATIONS, migrations: [...TEST_MIGRATIONS.migrations, failing] };
    await expect(openDatabase(url, { migrations: [broken] })).rejects.toThrow('no further');
    const still = await openTest(url, { migrations: [upTo(1)] });
    await still[Symbol.asyncDispose]();
    await openTest(url);
  });

  test('an old version refuses what a newer one has made', async () => {
    verifies('OPS-02');
    const url = freshUrl();
    await openTest(url);
    await expect(openDatabase(url, { migrations: [upTo(1)] })).rejects.toMatchObject({
      code: 'conflict',
      message:
        'the store was written by another version of Tutti: it has migration 2 (history) of t, and this version knows 1 of them; use that version, or another state folder',
    });
    await expect(openDatabase(url, { migrations: [] })).rejects.toMatchObject({ code: 'conflict' });
    const renamed = { ...upTo(1), migrations: [{ ...failing, number: 1, name: 'other' }] };
    await expect(openDatabase(url, { migrations: [renamed] })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('numbers leave no gap', async () => {
    const gap = { module: 't', migrations: [{ ...failing, number: 2 }] };
    await expect(openDatabase(freshUrl(), { migrations: [gap] })).rejects.toThrow(
      'migration 1 of t is missing',
    );
  });

  test.each(['new', 'old'])(
    'are made once by processes that start at once on a store that is %s',
    async (age) => {
      verifies('OPS-02');
      const url = freshUrl();
      if (age === 'old') await (await openTest(url, { migrations: [] }))[Symbol.asyncDispose]();
      const processes = Array.from({ length: 4 }, () =>
        startProcess(process.execPath, nodeArgs(PROCESS, url)),
      );
      try {
        await Promise.all(processes.map(firstLine));
        for (const { child } of processes) child.stdin.write('go\n');
        const ends = await Promise.all(processes.map(({ ended }) => ended));
        expect(processes.map((one, index) => [ends[index]?.code, one.output()])).toEqual(
          processes.map(() => [0, 'ready\nmigrated\n']),
        );
      } finally {
        for (const { child } of processes) child.kill('SIGKILL');
      }
    },
  );
});
