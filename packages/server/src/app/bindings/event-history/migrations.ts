import { sql } from '../../../store/kysely.ts';
import type { ModuleMigrations } from '../../../store/migration.ts';
import type { GuardTables } from '../../../store/store-tables.ts';
import type { EventTables } from './queries.ts';

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
      name: 'of several hosts',
      async up({ schema, types, queries }) {
        await schema
          .alterTable('events_history')
          .addColumn('replica', types.text, (column) => column.notNull().defaultTo(''))
          .execute();
        await schema.alterTable('events_history').addColumn('origin', types.text).execute();
        await schema
          .createIndex('events_history_origin')
          .unique()
          .on('events_history')
          .column('origin')
          .execute();
        // What is numbered from now on comes after what there is.
        await queries<EventTables & GuardTables>()
          .insertInto('store_guards')
          .columns(['name', 'version'])
          .expression((eb) =>
            eb
              .selectFrom('events_history')
              .select(({ fn }) => [sql.lit('events').as('name'), fn.max('seq').as('version')])
              .having(({ fn }) => fn.countAll(), '>', 0),
          )
          .execute();
      },
    },
    {
      number: 3,
      name: 'of any resource',
      async up({ schema }) {
        await schema.alterTable('events_history').renameColumn('server', 'name').execute();
      },
    },
  ],
};
