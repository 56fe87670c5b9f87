import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import type { Database } from '../../src/store/database.ts';
import { deleteBeyond, RETENTION_CHUNK_ROWS, type Retention } from '../../src/store/retention.ts';
import { closeStoresAfterTests, openTest, stores } from './support/stores.ts';
import type { TestTables } from './support/tables.ts';

closeStoresAfterTests();

const TERM = { signal: new AbortController().signal, fence: async () => {} };
const NOW = 1_000_000;

async function record(database: Database<TestTables>, count: number): Promise<void> {
  await database.transaction(async (tx) => {
    for (let seq = 1; seq <= count; seq++)
      await tx
        .insertInto('t_history')
        .values({ seq, at_ms: NOW - (count - seq) })
        .execute();
  });
}

const kept = async (database: Database<TestTables>): Promise<number[]> =>
  (await database.read.selectFrom('t_history').select('seq').orderBy('seq').execute()).map(({ seq }) => seq);

const history: Retention = { table: 't_history', key: 'seq' };

describe.each(stores)('history on $name', ({ freshUrl }) => {
  test('is kept up to a count, in chunks', async () => {
    verifies('OPS-02');
    const database = await openTest(freshUrl());
    const count = 2 * RETENTION_CHUNK_ROWS + 30;
    await record(database, count);
    expect(await deleteBeyond(database, { ...history, keep: 10 }, TERM)).toBe(count - 10);
    expect(await kept(database)).toEqual(Array.from({ length: 10 }, (_, index) => count - 9 + index));
    expect(await deleteBeyond(database, { ...history, keep: 10 }, TERM)).toBe(0);
  });

  test('is kept up to an age, by the clock of the database', async () => {
    verifies('OPS-02');
    const database = await openTest(freshUrl(), { wallMs: () => NOW });
    await record(database, 20);
    expect(await deleteBeyond(database, { ...history, age: { column: 'at_ms', maxMs: 4 } }, TERM)).toBe(15);
    expect(await kept(database)).toEqual([16, 17, 18, 19, 20]);
  });

  test('both bounds hold, and without one all is kept', async () => {
    const database = await openTest(freshUrl(), { wallMs: () => NOW });
    await record(database, 20);
    expect(await deleteBeyond(database, history, TERM)).toBe(0);
    const both = { ...history, keep: 12, age: { column: 'at_ms', maxMs: 15 } };
    expect(await deleteBeyond(database, both, TERM)).toBe(8);
    expect(await kept(database)).toHaveLength(12);
  });
});
