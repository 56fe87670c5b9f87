import { sql } from '../../../store/kysely.ts';
import type { ModuleMigrations } from '../../../store/migration.ts';
import type { CatalogTables } from './queries.ts';

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
    {
      number: 2,
      name: 'of several hosts',
      async up({ schema, types, queries }) {
        await schema
          .createTable('catalog_discoveries')
          .addColumn('replica', types.text, (column) => column.notNull())
          .addColumn('server', types.text, (column) => column.notNull())
          .addColumn('retired_at_ms', types.integer)
          .addColumn('record', types.text, (column) => column.notNull())
          .addPrimaryKeyConstraint('catalog_discoveries_pkey', ['replica', 'server'])
          .execute();
        await schema
          .createTable('catalog_names')
          .addColumn('holder', types.text, (column) => column.primaryKey())
          .addColumn('names', types.text, (column) => column.notNull())
          .addColumn('version', types.integer, (column) => column.notNull())
          .execute();
        await schema.createIndex('catalog_names_version').on('catalog_names').column('version').execute();
        // Whoever starts first takes them as its own (queries.ts, adoptDiscoveries).
        await queries<CatalogTables & { catalog_records: { server: string; record: string } }>()
          .insertInto('catalog_discoveries')
          .columns(['replica', 'server', 'record'])
          .expression((eb) =>
            eb.selectFrom('catalog_records').select([sql.lit('').as('replica'), 'server', 'record']),
          )
          .execute();
        await schema.dropTable('catalog_records').execute();
      },
    },
  ],
};
