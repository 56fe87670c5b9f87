import type { ModuleMigrations } from '../../../store/migration.ts';

export const CATALOG_MIGRATIONS: ModuleMigrations = {
  module: 'catalog',
  migrations: [
    {
      number: 1,
      name: 'records',
      async up({ schema, types }) {
        await schema
          .createTable('catalog_records')
          .addColumn('server', types.text, (column) => column.primaryKey())
          .addColumn('record', types.text, (column) => column.notNull())
          .execute();
      },
    },
  ],
};
