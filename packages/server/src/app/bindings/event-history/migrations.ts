import type { ModuleMigrations } from '../../../store/migration.ts';

export const EVENT_MIGRATIONS: ModuleMigrations = {
  module: 'events',
  migrations: [
    {
      number: 1,
      name: 'history',
      async up({ schema, types }) {
        await schema
          .createTable('events_history')
          .addColumn('seq', types.integer, (column) => column.primaryKey())
          .addColumn('at_ms', types.integer, (column) => column.notNull())
          .addColumn('server', types.text, (column) => column.notNull())
          .addColumn('reason', types.text, (column) => column.notNull())
          .addColumn('message', types.text, (column) => column.notNull())
          .execute();
      },
    },
    {
      number: 2,
      name: 'any_resource',
      async up({ schema }) {
        await schema.alterTable('events_history').renameColumn('server', 'name').execute();
      },
    },
  ],
};
