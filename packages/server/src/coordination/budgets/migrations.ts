import type { ModuleMigrations } from '../../store/migration.ts';

export const BUDGET_MIGRATIONS: ModuleMigrations = {
  module: 'budgets',
  migrations: [
    {
      number: 1,
      name: 'budgets',
      async up({ schema, types }) {
        await schema
          .createTable('budgets_scopes')
          .addColumn('kind', types.text, (column) => column.notNull())
          .addColumn('id', types.text, (column) => column.notNull())
          .addColumn('version', types.integer, (column) => column.notNull())
          .addPrimaryKeyConstraint('budgets_scopes_key', ['kind', 'id'])
          .execute();
        await schema
          .createTable('budgets_limits')
          .addColumn('kind', types.text, (column) => column.notNull())
          .addColumn('id', types.text, (column) => column.notNull())
          .addColumn('unit', types.text, (column) => column.notNull())
          .addColumn('max_amount', types.integer, (column) => column.notNull())
          .addColumn('reserved', types.integer, (column) => column.notNull())
          .addColumn('spent', types.integer, (column) => column.notNull())
          .addColumn('overrun', types.integer, (column) => column.notNull())
          .addPrimaryKeyConstraint('budgets_limits_key', ['kind', 'id', 'unit'])
          .execute();
        await schema
          .createTable('budgets_reservations')
          .addColumn('holder', types.text, (column) => column.notNull())
          .addColumn('kind', types.text, (column) => column.notNull())
          .addColumn('id', types.text, (column) => column.notNull())
          .addColumn('unit', types.text, (column) => column.notNull())
          .addColumn('amount', types.integer, (column) => column.notNull())
          .addPrimaryKeyConstraint('budgets_reservations_key', ['holder', 'kind', 'id', 'unit'])
          .execute();
      },
    },
  ],
};
