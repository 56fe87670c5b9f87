// Puts contents into a store that is empty: all of it or nothing.

import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../database.ts';
import type { Table } from '../driver.ts';
import { LONG_TRANSACTION_LIMIT_MS } from '../limits.ts';
import { MIGRATIONS_TABLE, type AppliedMigration } from '../migrator.ts';
import type { UnmigratedDatabase } from '../open-database.ts';
import type { Value } from '../statement.ts';
import type { Contents, Filled } from './contents.ts';

/** Both databases take more in one statement. */
const MAX_PARAMETERS = 10_000;

type AnyTables = Readonly<Record<string, Record<string, Value>>>;

/** The store has the tables of `contents` afterwards, as this version wants them, and all rows. */
export async function fill(
  { database, migrate }: UnmigratedDatabase,
  { migrations, parts }: Contents,
): Promise<Filled> {
  refuseOther(await migrate(migrations), migrations);
  await using before = await database.snapshot();
  const tables = (await before.tables()).filter(({ name }) => name !== MIGRATIONS_TABLE);
  // It reads what it writes meanwhile: nobody else uses this store yet.
  const filled = await database.over<AnyTables>().transaction(
    async (tx) => {
      for (const { name } of tables) if ((await countRows(tx, name)) > 0) throw notEmpty(name);
      return await writeParts(tx, parts);
    },
    { limitMs: LONG_TRANSACTION_LIMIT_MS, once: true },
  );
  await migrate();
  return filled;
}

async function writeParts(tx: Transaction<AnyTables>, parts: Contents['parts']): Promise<Filled> {
  const counts = new Map<string, number>();
  let table: Table | undefined;
  for await (const part of parts) {
    if (part.kind === 'table') {
      ({ table } = part);
      counts.set(table.name, 0);
    } else if (table !== undefined) {
      await insertRows(tx, table, part.rows);
      counts.set(table.name, (counts.get(table.name) ?? 0) + part.rows.length);
    }
  }
  let rows = 0;
  for (const [name, count] of counts) {
    const found = await countRows(tx, name);
    if (found !== count)
      throw new AppError(
        'internal',
        `${name} has ${found} rows after ${count} were written; nothing was kept`,
      );
    rows += count;
  }
  return { tables: counts.size, rows };
}

async function insertRows(
  tx: Transaction<AnyTables>,
  { name, columns }: Table,
  rows: readonly (readonly Value[])[],
): Promise<void> {
  const atOnce = Math.max(1, Math.floor(MAX_PARAMETERS / columns.length));
  for (let start = 0; start < rows.length; start += atOnce) {
    const records = rows
      .slice(start, start + atOnce)
      .map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])));
    await tx.insertInto(name).values(records).execute();
  }
}

async function countRows(tx: Transaction<AnyTables>, table: string): Promise<number> {
  const { rows } = await tx
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow();
  return rows;
}

function refuseOther(made: readonly AppliedMigration[], wanted: readonly AppliedMigration[]): void {
  const key = (migrations: readonly AppliedMigration[]): string =>
    migrations
      .map(({ module, number }) => `${module} ${number}`)
      .sort()
      .join('\n');
  if (key(made) !== key(wanted))
    throw new AppError(
      'conflict',
      'the store to fill has tables of another version already; choose an empty one',
    );
}

function notEmpty(table: string): AppError {
  return new AppError(
    'conflict',
    `the store to fill is not empty: ${table} has rows; choose an empty one (nothing was changed), or restore a backup with --replace, which keeps what is there beside it`,
    { details: { table } },
  );
}
