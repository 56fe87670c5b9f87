// The thread of the embedded store rests when nobody needs it, and nobody notices. While it has the file open, the log is
// beside it.

import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import { REST_AFTER_MS } from '../../src/store/sqlite/resting-link.ts';
import { createManualClock } from '../kernel/manual-clock.ts';
import { closeStoresAfterTests, openTest, sqliteUrl } from './support/stores.ts';

closeStoresAfterTests();

async function open() {
  const url = sqliteUrl();
  const clock = createManualClock();
  const database = await openTest(url, { clock });
  const log = `${url.slice('sqlite:'.length)}-wal`;
  const insert = (id: string) =>
    database.transaction((tx) => tx.insertInto('t_rows').values({ id, n: 0, note: null }).execute());
  const count = async () => (await database.read.selectFrom('t_rows').select('id').execute()).length;
  const isAwake = (): boolean => existsSync(log);
  const rest = async (): Promise<void> => {
    clock.advance(REST_AFTER_MS);
    await eventually(() => !isAwake(), { what: 'the thread to rest' });
  };
  return { clock, database, insert, count, isAwake, rest };
}

test('it rests after a while without use; who comes next finds everything', async () => {
  verifies('OPS-03');
  const { clock, database, insert, count, isAwake, rest } = await open();
  await insert('a');
  clock.advance(REST_AFTER_MS - 1);
  await count();
  clock.advance(REST_AFTER_MS - 1);
  expect(isAwake()).toBe(true);
  await rest();
  // Many at once, reads and writes, each with its own outcome.
  const taken = insert('a').catch((error: unknown) => error);
  await Promise.all([insert('b'), insert('c')]);
  expect(await taken).toMatchObject({ failure: 'unique_violation' });
  expect(await count()).toBe(3);
  await rest();
  expect(await count()).toBe(3);
  await rest();
  await database[Symbol.asyncDispose]();
});

test('whoever comes while it closes waits for its end', async () => {
  const { clock, insert, count } = await open();
  for (let round = 0; round < 5; round++) {
    await insert(`before ${round}`);
    clock.advance(REST_AFTER_MS);
    await Promise.all([insert(`during ${round}`), count()]);
  }
  expect(await count()).toBe(10);
});

test('an open transaction and an open snapshot keep it', async () => {
  const { clock, database, insert, isAwake, rest } = await open();
  await insert('a');
  await database.transaction(
    async (tx) => {
      await tx.insertInto('t_rows').values({ id: 'b', n: 0, note: null }).execute();
      clock.advance(REST_AFTER_MS);
      await tx.insertInto('t_rows').values({ id: 'c', n: 0, note: null }).execute();
    },
    { limitMs: 10 * REST_AFTER_MS },
  );
  const snapshot = await database.snapshot();
  await insert('d');
  clock.advance(REST_AFTER_MS);
  expect(isAwake()).toBe(true);
  const { rows } = await snapshot.run({ sql: 'select id from t_rows', parameters: [], prepared: false });
  expect(rows).toHaveLength(3);
  await snapshot[Symbol.asyncDispose]();
  await rest();
});
