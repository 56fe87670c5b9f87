// The tables that tests of the store use.

import type { ModuleMigrations } from '../../../src/store/migration.ts';

export interface TestTables {
  t_rows: { id: string; n: number; note: string | null };
  t_history: { seq: number; at_ms: number };
}

export const TEST_MIGRATIONS: ModuleMigrations = {
  module: 't',
  migrations: [
    {
      number: 1,
      name: 'rows',
      async up({ schema, types }) {
        await schema
          .createTable('t_rows')
          .addColumn('id', types.text, (column) => column.primaryKey())
          .addColumn('n', types.integer, (column) => column.notNull())
          .addColumn('note', types.text)
          .execute();
      },
    },
    {
      number: 2,
      name: 'history',
      async up({ schema, types }) {
        await schema
          .createTable('t_history')
          .addColumn('seq', types.integer, (column) => column.primaryKey())
          .addColumn('at_ms', types.integer, (column) => column.notNull())
          .execute();
      },
    },
  ],
};
