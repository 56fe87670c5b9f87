import type { ModuleMigrations } from '../../store/migration.ts';

export const RESOURCE_MIGRATIONS: ModuleMigrations = {
  module: 'resources',
  migrations: [
    {
      number: 1,
      name: 'declared and suspended',
      async up({ schema, types }) {
        await schema
          .createTable('resources_declared')
          .addColumn('id', types.text, (column) => column.primaryKey())
          .addColumn('document', types.text, (column) => column.notNull())
          .addColumn('caller', types.text, (column) => column.notNull())
          .addColumn('changed_at_ms', types.integer, (column) => column.notNull())
          .execute();
        await schema
          .createTable('resources_suspensions')
          .addColumn('server', types.text, (column) => column.primaryKey())
          .addColumn('suspended', types.integer, (column) => column.notNull())
          .addColumn('declared', types.integer, (column) => column.notNull())
          .addColumn('origin', types.text, (column) => column.notNull())
          .addColumn('place', types.text, (column) => column.notNull())
          .addColumn('caller', types.text, (column) => column.notNull())
          .addColumn('since_ms', types.integer, (column) => column.notNull())
          .execute();
      },
    },
    {
      number: 2,
      name: 'of several hosts',
      async up({ schema, types }) {
        await schema
          .alterTable('resources_declared')
          .addColumn('version', types.integer, (column) => column.notNull().defaultTo(0))
          .execute();
        await schema
          .createIndex('resources_declared_version')
          .on('resources_declared')
          .column('version')
          .execute();
      },
    },
  ],
};
