// What the port promises, on every database.

import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import type { Database } from '../../src/store/database.ts';
import { TRANSACTION_LIMIT_MS } from '../../src/store/limits.ts';
import { createManualClock } from '../kernel/manual-clock.ts';
import { closeStoresAfterTests, openTest, stores } from './support/stores.ts';
import type { TestTables } from './support/tables.ts';

closeStoresAfterTests();

const insert = (database: Database<TestTables>, id: string, n = 0) =>
  database.transaction((tx) => tx.insertInto('t_rows').values({ id, n, note: null }).execute());

const ids = async (database: Database<TestTables>): Promise<string[]> =>
  (await database.read.selectFrom('t_rows').select('id').orderBy('id').execute()).map(({ id }) => id);

/** One more in `n`, in two steps that others must not get between. */
const increment = (database: Database<TestTables>, id: string) =>
  database.transaction(async (tx) => {
    const guarded = tx.updateTable('t_rows').where('id', '=', id);
    const { n } = await guarded
      .set(({ eb }) => ({ n: eb('n', '+', 1) }))
      .returning('n')
      .executeTakeFirstOrThrow();
    await guarded.set({ note: `after ${n}` }).execute();
    return n;
  });

describe.each(stores)('a store on $name', ({ name, freshUrl }) => {
  test('keeps what was committed over a restart', async () => {
    verifies('OPS-02');
    const url = freshUrl();
    const first = await openTest(url);
    await first.transaction(async (tx) => {
      await tx.insertInto('t_rows').values({ id: 'a', n: 1, note: '{"x":"é\u2028😀"}' }).execute();
      await tx
        .insertInto('t_rows')
        .values({ id: 'b', n: -(2 ** 53) + 1, note: null })
        .execute();
    });
    await first[Symbol.asyncDispose]();
    const second = await openTest(url);
    expect(await second.read.selectFrom('t_rows').selectAll().orderBy('id').execute()).toEqual([
      { id: 'a', n: 1, note: '{"x":"é\u2028😀"}' },
      { id: 'b', n: -(2 ** 53) + 1, note: null },
    ]);
  });

  test('gives back what the work returns, and counts as numbers', async () => {
    const database = await openTest(freshUrl());
    for (const [id, n] of [
      ['a', 3],
      ['b', 4],
    ] as const)
      await insert(database, id, n);
    const sums = await database.transaction((tx) =>
      tx
        .selectFrom('t_rows')
        .select(({ fn }) => [fn.countAll().as('rows'), fn.sum('n').as('sum')])
        .executeTakeFirstOrThrow(),
    );
    expect(sums).toEqual({ rows: 2, sum: 7 });
    const updated = await database.transaction((tx) =>
      tx.updateTable('t_rows').set({ note: 'x' }).where('n', '>', 3).executeTakeFirst(),
    );
    expect(updated.numUpdatedRows).toBe(1n);
  });

  test('sorts text by its bytes', async () => {
    const database = await openTest(freshUrl());
    for (const id of ['b', 'B', 'a_', 'a', 'ä', 'A', 'a-b']) await insert(database, id);
    expect(await ids(database)).toEqual(['A', 'B', 'a', 'a-b', 'a_', 'b', 'ä']);
  });

  test('a transaction whose work fails leaves nothing behind', async () => {
    verifies('OPS-02');
    const database = await openTest(freshUrl());
    const failure = new Error('changed my mind');
    const work = database.transaction(async (tx) => {
      await tx.insertInto('t_rows').values({ id: 'a', n: 1, note: null }).execute();
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await ids(database)).toEqual([]);
    await insert(database, 'a');
  });

  test('a statement that failed ends its transaction, even where the work goes on', async () => {
    verifies('OPS-02');
    const database = await openTest(freshUrl());
    await insert(database, 'taken');
    const work = database.transaction(async (tx) => {
      await tx.insertInto('t_rows').values({ id: 'a', n: 1, note: null }).execute();
      await tx
        .insertInto('t_rows')
        .values({ id: 'taken', n: 1, note: null })
        .execute()
        .catch(() => undefined);
      return 'looks fine';
    });
    await expect(work).rejects.toMatchObject({ failure: 'unique_violation', code: 'conflict' });
    expect(await ids(database)).toEqual(['taken']);
  });

  test('the last statements go with the commit; where one fails, nothing of its transaction is kept', async () => {
    verifies('OPS-02');
    const database = await openTest(freshUrl());
    await insert(database, 'taken');
    const sql = `insert into t_rows (id, n) values ('%', 1)`;
    const run = (...rows: string[]) =>
      database.transaction(async (tx) => {
        tx.last(rows.map((id) => tx.run({ sql: sql.replace('%', id), parameters: [], prepared: false })));
        return rows.length;
      });
    // Together, so that on SQLite they share a commit.
    const outcomes = await Promise.allSettled([
      run('a', 'b'),
      run('c', 'taken', 'd'),
      run('taken'),
      run('e'),
      insert(database, 'f'),
    ]);
    expect(
      outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.failure : 'done')),
    ).toEqual(['done', 'unique_violation', 'unique_violation', 'done', 'done']);
    expect(await ids(database)).toEqual(['a', 'b', 'e', 'f', 'taken']);
    let late: Promise<unknown> | undefined;
    const statement = { sql: sql.replace('%', 'late'), parameters: [], prepared: false };
    await database.transaction(async (tx) => {
      tx.last([]);
      late = tx.run(statement);
      late.catch(() => undefined);
    });
    await expect(late).rejects.toMatchObject({ failure: 'invalid_statement' });
    expect(await ids(database)).not.toContain('late');
  });

  test('says what went wrong in words of its own', async () => {
    const database = await openTest(freshUrl());
    await insert(database, 'a');
    await expect(insert(database, 'a')).rejects.toMatchObject({
      failure: 'unique_violation',
      message: 't_rows has a row with this key already',
      details: { table: 't_rows' },
    });
    const withoutCount = { id: 'b', note: null } as TestTables['t_rows'];
    await expect(
      database.transaction((tx) => tx.insertInto('t_rows').values(withoutCount).execute()),
    ).rejects.toMatchObject({ failure: 'constraint_violation' });
    await expect(
      database.over<{ nowhere: { id: string } }>().read.selectFrom('nowhere').select('id').execute(),
    ).rejects.toMatchObject({ failure: 'invalid_statement' });
  });

  test.each([
    ['NUL', 'a\0b'],
    ['half a pair', '\ud800'],
    ['true', true],
    ['a date', new Date()],
    ['NaN', NaN],
    ['2^53', 2 ** 53],
  ])('refuses a value that not every database keeps: %s', async (_, note) => {
    const database = await openTest(freshUrl());
    const values = { id: 'a', n: 1, note } as unknown as TestTables['t_rows'];
    await expect(
      database.transaction((tx) => tx.insertInto('t_rows').values(values).execute()),
    ).rejects.toMatchObject({ failure: 'invalid_statement' });
  });

  test('nobody sees what is not committed', async () => {
    verifies('OPS-02');
    const database = await openTest(freshUrl());
    const { promise: seen, resolve } = Promise.withResolvers<string[]>();
    await database.transaction(async (tx) => {
      await tx.insertInto('t_rows').values({ id: 'a', n: 1, note: null }).execute();
      resolve(await ids(database));
    });
    expect(await seen).toEqual([]);
    expect(await ids(database)).toEqual(['a']);
  });

  test('concurrent increments are all counted', async () => {
    verifies('OPS-02');
    const url = freshUrl();
    const database = await openTest(url);
    await insert(database, 'a');
    const told = await Promise.all(Array.from({ length: 200 }, () => increment(database, 'a')));
    expect(told.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 200 }, (_, index) => index + 1),
    );
    const row = await database.read.selectFrom('t_rows').selectAll().executeTakeFirst();
    expect(row).toEqual({ id: 'a', n: 200, note: 'after 200' });
  });

  test('of transactions that run together those that fail take no other with them', async () => {
    verifies('OPS-02');
    const database = await openTest(freshUrl());
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) => insert(database, `row ${index % 50}`, index)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(50);
    expect(await ids(database)).toHaveLength(50);
  });

  test('a statement that was not waited for is a mistake that is told', async () => {
    const database = await openTest(freshUrl());
    let late: Promise<unknown> = Promise.resolve();
    await database.transaction(async (tx) => {
      late = tx.insertInto('t_rows').values({ id: 'a', n: 1, note: null }).execute();
      late.catch(() => undefined);
    });
    await expect(late).rejects.toMatchObject({ failure: 'invalid_statement' });
    let kept: (() => Promise<unknown>) | undefined;
    await database.transaction(async (tx) => {
      kept = () => tx.selectFrom('t_rows').selectAll().execute();
    });
    await expect(kept?.()).rejects.toMatchObject({ failure: 'invalid_statement' });
    expect(await ids(database)).toEqual([]);
  });

  test('a transaction that waits for something else is rolled back at its limit, and others go on', async () => {
    verifies('OPS-02');
    const database = await openTest(freshUrl());
    const never = new Promise<never>(() => undefined);
    const work = database.transaction(
      async (tx) => {
        await tx.insertInto('t_rows').values({ id: 'a', n: 1, note: null }).execute();
        await never;
      },
      { limitMs: 200 },
    );
    await expect(work).rejects.toMatchObject({ failure: 'time_limit', code: 'timeout' });
    await insert(database, 'a');
    expect(await ids(database)).toEqual(['a']);
  });

  test('the limit is there without being asked for', async () => {
    const clock = createManualClock();
    const database = await openTest(freshUrl(), { clock });
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const work = database.transaction(async (tx) => {
      await tx.selectFrom('t_rows').selectAll().execute();
      resolve();
      await new Promise<never>(() => undefined);
    });
    await begun;
    clock.advance(TRANSACTION_LIMIT_MS);
    await expect(work).rejects.toMatchObject({ failure: 'time_limit' });
  });

  test('who gives up gets nothing done, waiting or at work', async () => {
    const database = await openTest(freshUrl());
    const atWork = new AbortController();
    const work = database.transaction(
      async (tx) => {
        await tx.insertInto('t_rows').values({ id: 'a', n: 1, note: null }).execute();
        atWork.abort();
        await new Promise<never>(() => undefined);
      },
      { signal: atWork.signal },
    );
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
    const before = AbortSignal.abort();
    await expect(
      database.transaction((tx) => tx.selectFrom('t_rows').selectAll().execute(), { signal: before }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(await ids(database)).toEqual([]);
  });

  test('the line of those who wait is bounded', async () => {
    verifies('OPS-02');
    const database = await openTest(freshUrl(), { maxWaiting: 5, maxReads: 5 });
    const many = Array.from({ length: 40 }, (_, index) => insert(database, `row ${index}`));
    const results = await Promise.allSettled(many);
    const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
    expect(refused.length).toBe(40 - 5 - (name === 'sqlite' ? 1 : 10));
    expect(refused[0]).toMatchObject({ failure: 'queue_full', code: 'overloaded' });
    const reads = await Promise.allSettled(Array.from({ length: 6 }, () => ids(database)));
    expect(reads.map(({ status }) => status)).toEqual([...Array(5).fill('fulfilled'), 'rejected']);
  });

  test('candidates that somebody else has locked are left out', async () => {
    const database = await openTest(freshUrl());
    for (const id of ['a', 'b', 'c']) await insert(database, id);
    const claim = () =>
      database.transaction(async (tx) => {
        const free = tx.selectFrom('t_rows').select('id').where('note', 'is', null).orderBy('id').limit(1);
        const { id } = await tx.candidates(free).executeTakeFirstOrThrow();
        await tx.updateTable('t_rows').set({ note: 'claimed' }).where('id', '=', id).execute();
        return id;
      });
    const claimed = await Promise.all([claim(), claim(), claim()]);
    expect(claimed.toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('the clock is read after the lock, and never goes back', async () => {
    verifies('OPS-02');
    const database = await openTest(freshUrl());
    await insert(database, 'clock');
    const stamp = () =>
      database.transaction(async (tx) => {
        await tx.updateTable('t_rows').set({ note: 'mine' }).where('id', '=', 'clock').execute();
        const nowMs = await tx.nowMs();
        const { n } = await tx.selectFrom('t_rows').select('n').executeTakeFirstOrThrow();
        await tx.updateTable('t_rows').set({ n: nowMs }).where('id', '=', 'clock').execute();
        return { before: n, nowMs };
      });
    const stamps = await Promise.all(Array.from({ length: 50 }, stamp));
    for (const { before, nowMs } of stamps) expect(nowMs).toBeGreaterThanOrEqual(before);
    expect(Math.abs(Date.now() - (stamps.at(-1)?.nowMs ?? 0))).toBeLessThan(60_000);
  });

  test('tests set the clock', async () => {
    let now = 1_000;
    const database = await openTest(freshUrl(), { wallMs: () => now });
    const read = () => database.transaction((tx) => tx.nowMs());
    expect(await read()).toBe(1_000);
    now = 5_000;
    expect(await read()).toBe(5_000);
  });

  test('modules share a transaction, each with its own tables', async () => {
    const database = (await openTest(freshUrl())).over<Pick<TestTables, 't_rows'>>();
    const failure = new Error('undone');
    const work = database.transaction(async (tx) => {
      const history = tx.over<Pick<TestTables, 't_history'>>();
      await history
        .insertInto('t_history')
        .values({ seq: 1, at_ms: await history.nowMs() })
        .execute();
      expect(await history.selectFrom('t_history').select('seq').execute()).toEqual([{ seq: 1 }]);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    const { read } = database.over<TestTables>();
    expect(await read.selectFrom('t_history').selectAll().execute()).toEqual([]);
  });

  test('once closed it refuses, after what was under way', async () => {
    const database = await openTest(freshUrl());
    const last = insert(database, 'last');
    const closing = database[Symbol.asyncDispose]();
    await expect(insert(database, 'later')).rejects.toMatchObject({ failure: 'closed' });
    await last;
    await closing;
    await expect(ids(database)).rejects.toMatchObject({ failure: 'closed' });
  });
});
