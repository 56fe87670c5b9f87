// What only PostgreSQL does: it is somebody else's process, and may go away.

import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { parsePostgresUrl } from '../../src/store/postgres/postgres-pool.ts';
import { sql } from '../../src/store/kysely.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { UNWATCHED } from '../../src/store/store-watch.ts';
import { closeStoresAfterTests, openTest, postgres } from './support/stores.ts';
import { TEST_MIGRATIONS } from './support/tables.ts';

closeStoresAfterTests();

test('the schema is named by the URL, and the rest is left to PostgreSQL', () => {
  expect(parsePostgresUrl('postgres://u:p@h:1/d?schema=a&sslmode=require')).toEqual({
    url: 'postgres://u:p@h:1/d?sslmode=require',
    schema: 'a',
  });
  expect(parsePostgresUrl('postgresql://h/d').schema).toBe('tutti');
});

test('a server that is not there is said to be missing, without the password', async () => {
  const opening = openDatabase('postgres://user:secret@127.0.0.1:1/nothing', {
    migrations: [TEST_MIGRATIONS],
  });
  const error: unknown = await opening.catch((error: unknown) => error);
  expect(error).toMatchObject({ failure: 'connection_lost', code: 'unavailable' });
  expect(String(error)).not.toContain('secret');
});

describe.each(postgres === undefined ? [] : [postgres])('a PostgreSQL', ({ freshUrl, crash }) => {
  test.each([
    ['a database that is not there', { pathname: '/not-there' }, 'create it, or correct TUTTI_STORE'],
    ['a user that is not there', { user: 'nobody-here' }, 'correct user and password in TUTTI_STORE'],
  ] as const)('%s is told apart from a server that is away', async (_what, change, advice) => {
    verifies('OPS-02');
    const url = new URL(freshUrl());
    if ('pathname' in change) url.pathname = change.pathname;
    else url.searchParams.set('user', change.user);
    const opening = openDatabase(url.href, { migrations: [TEST_MIGRATIONS] });
    const error: unknown = await opening.catch((error: unknown) => error);
    expect(error).toMatchObject({ failure: 'connection_lost', code: 'unavailable' });
    expect(String(error)).toContain(advice);
  });

  test('a user without the right to make the schema is told so', async () => {
    verifies('OPS-02');
    const owner = new Client({ connectionString: parsePostgresUrl(freshUrl()).url });
    await owner.connect();
    const role = `guest_${process.pid}`;
    await owner.query(`create role ${role} login`);
    try {
      const url = new URL(freshUrl());
      url.searchParams.set('user', role);
      const error: unknown = await openDatabase(url.href, { migrations: [TEST_MIGRATIONS] }).catch(
        (error: unknown) => error,
      );
      expect(error).toMatchObject({ failure: 'storage', code: 'unavailable' });
      expect(String(error)).toContain('grant it, or create the schema for that user');
    } finally {
      await owner.query(`drop role ${role}`);
      await owner.end();
    }
  });

  test('that crashes while others write loses nothing that was acknowledged, and is used again', async () => {
    verifies('OPS-03');
    if (crash === undefined) return;
    const database = await openTest(freshUrl());
    const acknowledged: string[] = [];
    const failed: { id: string; failure: string }[] = [];
    let crashing: Promise<void> | undefined;
    let step = 0;
    async function write(): Promise<void> {
      while (failed.length < 100 && acknowledged.length < 2_000) {
        const id = `row ${++step}`;
        try {
          await database.transaction((tx) =>
            tx.insertInto('t_rows').values({ id, n: 0, note: null }).execute(),
          );
          acknowledged.push(id);
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          failed.push({ id, failure: error.failure });
        }
        if (acknowledged.length > 100) crashing ??= crash?.();
      }
    }
    await Promise.all(Array.from({ length: 20 }, write));
    await crashing;
    expect(failed.length).toBeGreaterThan(0);
    const found = await eventually(() => database.read.selectFrom('t_rows').select('id').execute());
    const ids = new Set(found.map(({ id }) => id));
    for (const id of acknowledged) expect(ids).toContain(id);
    for (const { id, failure } of failed) {
      expect(['connection_lost', 'outcome_unknown']).toContain(failure);
      if (failure === 'connection_lost') expect(ids).not.toContain(id);
    }
    await database.transaction((tx) =>
      tx.insertInto('t_rows').values({ id: 'later', n: 0, note: null }).execute(),
    );
  });

  test('whose connections break while nobody uses them is used again', async () => {
    if (crash === undefined) return;
    const database = await openTest(freshUrl());
    await database.transaction((tx) =>
      tx.insertInto('t_rows').values({ id: 'a', n: 0, note: null }).execute(),
    );
    await crash();
    const rows = await eventually(() => database.read.selectFrom('t_rows').select('id').execute());
    expect(rows).toEqual([{ id: 'a' }]);
  });

  test('leaves out candidates that somebody else has locked', async () => {
    const database = await openTest(freshUrl());
    for (const id of ['a', 'b'])
      await database.transaction((tx) => tx.insertInto('t_rows').values({ id, n: 0, note: null }).execute());
    const claim = (meanwhile: () => Promise<unknown>) =>
      database.transaction(async (tx) => {
        const free = tx.selectFrom('t_rows').select('id').orderBy('id').limit(1);
        const claimed = await tx.candidates(free).executeTakeFirst();
        return [claimed?.id, await meanwhile()].flat();
      });
    expect(await claim(() => claim(() => claim(async () => 'no more')))).toEqual([
      'a',
      'b',
      undefined,
      'no more',
    ]);
  });

  /** Two transactions, each of which has what the other one wants. */
  async function deadlock(options: { readonly once: boolean }) {
    const url = freshUrl();
    const retries: string[] = [];
    const watch = { ...UNWATCHED, retried: (failure: string) => void retries.push(failure) };
    const [one, other] = [await openTest(url, { watch }), await openTest(url, { watch })];
    for (const id of ['a', 'b'])
      await one.transaction((tx) => tx.insertInto('t_rows').values({ id, n: 0, note: null }).execute());
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const cross = (database: typeof one, mine: 0 | 1, [first, second]: readonly [string, string]) =>
      database.transaction(async (tx) => {
        const increment = (id: string) =>
          tx
            .updateTable('t_rows')
            .set((eb) => ({ n: eb('n', '+', 1) }))
            .where('id', '=', id)
            .execute();
        await increment(first);
        both[mine].resolve();
        await both[mine === 0 ? 1 : 0].promise;
        await increment(second);
      }, options);
    const results = await Promise.allSettled([cross(one, 0, ['a', 'b']), cross(other, 1, ['b', 'a'])]);
    const rows = await one.read.selectFrom('t_rows').select(['id', 'n']).orderBy('id').execute();
    return {
      retries,
      rows,
      refused: results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])),
    };
  }

  test('two that each want what the other has: one goes on, the other one is run again', async () => {
    verifies('OPS-01');
    const { retries, refused, rows } = await deadlock({ once: false });
    expect(refused).toEqual([]);
    expect(retries).toEqual(['contention']);
    expect(rows).toEqual([
      { id: 'a', n: 2 },
      { id: 'b', n: 2 },
    ]);
  });

  test('one that is to be run once is told instead', async () => {
    const { retries, refused, rows } = await deadlock({ once: true });
    expect(refused).toEqual([expect.objectContaining({ failure: 'contention', code: 'unavailable' })]);
    expect(retries).toEqual([]);
    expect(rows).toEqual([
      { id: 'a', n: 1 },
      { id: 'b', n: 1 },
    ]);
  });

  test('a connection that breaks before the commit costs nothing', async () => {
    verifies('OPS-01');
    const url = freshUrl();
    const retries: string[] = [];
    const database = await openTest(url, {
      watch: { ...UNWATCHED, retried: (failure) => void retries.push(failure) },
    });
    let runs = 0;
    await database.transaction(async (tx) => {
      runs += 1;
      await tx.insertInto('t_rows').values({ id: 'a', n: runs, note: null }).execute();
      if (runs === 1)
        await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx).catch(() => undefined);
    });
    expect({ runs, retries }).toEqual({ runs: 2, retries: ['connection_lost'] });
    expect(await database.read.selectFrom('t_rows').select('n').execute()).toEqual([{ n: 2 }]);
  });
});
