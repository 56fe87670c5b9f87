import type { ModuleMigrations } from '../../../store/migration.ts';

export const RESULT_MIGRATIONS: ModuleMigrations = {
  module: 'results',
  migrations: [
    {
      number: 1,
      name: 'records',
      async up({ schema, types }) {
        await schema
          .createTable('results_records')
          .addColumn('id', types.text, (column) => column.primaryKey())
          .addColumn('started_ms', types.integer, (column) => column.notNull())
          // Of a call under way it is null.
          .addColumn('ended_ms', types.integer)
          .addColumn('record', types.text, (column) => column.notNull())
          .addColumn('replica', types.text, (column) => column.notNull())
          .execute();
        await schema
          .createIndex('results_records_replica')
          .on('results_records')
          .columns(['replica', 'started_ms'])
          .execute();
      },
    },
  ],
};
