// All that is in a store, whatever database it is kept in: which migrations made its tables, and table after table, those
// that others refer to first.

import { z } from 'zod';
import type { DriverSnapshot, Table } from '../driver.ts';
import { MIGRATIONS_TABLE, type AppliedMigration } from '../migrator.ts';
import { isValue, type Row, type Value } from '../statement.ts';
import { StoreError } from '../store-error.ts';

export interface Contents {
  readonly migrations: readonly AppliedMigration[];
  readonly parts: AsyncIterable<Part>;
}

export type Part =
  | { readonly kind: 'table'; readonly table: Table }
  /** Of the table before them; values in the order of its columns. */
  | { readonly kind: 'rows'; readonly rows: readonly (readonly Value[])[] };

export interface Filled {
  readonly tables: number;
  readonly rows: number;
}

export const migrationSchema = z.object({ module: z.string(), number: z.int(), name: z.string() });

export async function readContents(snapshot: DriverSnapshot): Promise<Contents> {
  const tables = await snapshot.tables();
  const made = tables.find(({ name }) => name === MIGRATIONS_TABLE);
  const migrations: AppliedMigration[] = [];
  if (made !== undefined)
    for await (const rows of snapshot.pages(made))
      migrations.push(...rows.map((row) => migrationSchema.parse(row)));
  return {
    migrations,
    parts: readParts(
      snapshot,
      tables.filter(({ name }) => name !== MIGRATIONS_TABLE),
    ),
  };
}

async function* readParts(snapshot: DriverSnapshot, tables: readonly Table[]): AsyncIterable<Part> {
  for (const table of tables) {
    yield { kind: 'table', table };
    for await (const rows of snapshot.pages(table))
      yield { kind: 'rows', rows: rows.map((row) => valuesOf(row, table)) };
  }
}

function valuesOf(row: Row, { name, columns }: Table): readonly Value[] {
  return columns.map((column) => {
    const value = row[column];
    if (isValue(value)) return value;
    throw new StoreError('storage', `${name}.${column} holds a value that cannot be carried over`);
  });
}
