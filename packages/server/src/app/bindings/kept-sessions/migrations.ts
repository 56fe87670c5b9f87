import type { ModuleMigrations } from '../../../store/migration.ts';

export const SESSION_MIGRATIONS: ModuleMigrations = {
  module: 'sessions',
  migrations: [
    {
      number: 1,
      name: 'records',
      async up({ schema, types }) {
        await schema
          .createTable('sessions_records')
          .addColumn('key', types.text, (column) => column.primaryKey())
          .addColumn('created_ms', types.integer, (column) => column.notNull())
          .addColumn('last_used_ms', types.integer, (column) => column.notNull())
          .addColumn('record', types.text, (column) => column.notNull())
          .execute();
      },
    },
    {
      number: 2,
      name: 'of several hosts',
      async up({ schema, types }) {
        await schema
          .alterTable('sessions_records')
          .addColumn('replica', types.text, (column) => column.notNull().defaultTo(''))
          .execute();
        await schema
          .createIndex('sessions_records_replica')
          .on('sessions_records')
          .columns(['replica', 'last_used_ms'])
          .execute();
      },
    },
  ],
};
