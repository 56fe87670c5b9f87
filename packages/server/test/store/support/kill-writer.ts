// Writes to a store in several ways at once until it is killed, and says so on stdout after each write that was
// acknowledged; begins when stdin is closed. Usage: kill-writer.ts URL ROUND

import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { openDatabase } from '../../../src/store/open-database.ts';
import { TEST_MIGRATIONS, type TestTables } from './tables.ts';

const [, , url = '', round = ''] = process.argv;
const say = (line: string): void => void writeSync(1, `${line}\n`);

await once(process.stdin.resume(), 'end');
say('opening');
const opened = await openDatabase(url, { migrations: [TEST_MIGRATIONS] });
const database = opened.over<TestTables>();

type Write = (step: number) => Promise<string>;

const row = (id: string, n: number) => ({ id, n, note: null });

/** One row. */
const single: Write = async (step) => {
  const id = `single:${round}:${step}`;
  await database.transaction((tx) => tx.insertInto('t_rows').values(row(id, step)).execute());
  return id;
};

/** Three rows, all or none. */
const several: Write = async (step) => {
  const id = `several:${round}:${step}`;
  await database.transaction(async (tx) => {
    for (let n = 0; n < 3; n++)
      await tx
        .insertInto('t_rows')
        .values(row(`${id}:${n}`, n))
        .execute();
  });
  return id;
};

/** A row that only its holder of the moment may change. */
const guarded: Write = async () => {
  const n = await database.transaction(async (tx) => {
    const rows = tx.selectFrom('t_rows').select('n').where('id', '=', 'guarded');
    const known = await rows.executeTakeFirst();
    if (known === undefined) {
      await tx.insertInto('t_rows').values(row('guarded', 1)).execute();
      return 1;
    }
    const { numUpdatedRows } = await tx
      .updateTable('t_rows')
      .set({ n: known.n + 1 })
      .where('id', '=', 'guarded')
      .where('n', '=', known.n)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw new Error('the guard did not hold');
    return known.n + 1;
  });
  return `guarded:${n}`;
};

/** A thing that is always in one place. */
const moved: Write = async (step) => {
  await database.transaction(async (tx) => {
    await tx.deleteFrom('t_rows').where('note', '=', 'place').execute();
    await tx
      .insertInto('t_rows')
      .values({ id: `place:${round}:${step}`, n: step, note: 'place' })
      .execute();
  });
  return `place:${round}:${step}`;
};

/** What must never be seen. */
const undone: Write = async (step) => {
  const failure = new Error('undone');
  const work = database.transaction(async (tx) => {
    await tx
      .insertInto('t_rows')
      .values(row(`undone:${round}:${step}`, step))
      .execute();
    throw failure;
  });
  await work.catch((error: unknown) => {
    if (error !== failure) throw error;
  });
  return 'nothing';
};

async function repeat(write: Write): Promise<never> {
  for (let step = 1; ; step++) say(await write(step));
}

await Promise.all([single, single2(), several, guarded, moved, undone].map(repeat));

/** A second writer of single rows, so that there are always some that wait. */
function single2(): Write {
  return (step) => single(-step);
}
