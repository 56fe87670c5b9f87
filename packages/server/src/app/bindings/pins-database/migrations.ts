import type { ModuleMigrations } from '../../../store/migration.ts';

export const PIN_MIGRATIONS: ModuleMigrations = {
  module: 'pins',
  migrations: [
    {
      number: 1,
      name: 'tools',
      async up({ schema, types }) {
        await schema
          .createTable('pins_tools')
          .addColumn('server', types.text, (column) => column.notNull())
          .addColumn('tool_key', types.text, (column) => column.notNull())
          .addColumn('tool', types.text, (column) => column.notNull())
          .addColumn('digest', types.text, (column) => column.notNull())
          .addColumn('definition', types.text, (column) => column.notNull())
          .addColumn('approved_at_ms', types.integer, (column) => column.notNull())
          .addColumn('approved_by', types.text, (column) => column.notNull())
          .addPrimaryKeyConstraint('pins_tools_pkey', ['server', 'tool_key'])
          .execute();
        await schema
          .createTable('pins_lists')
          .addColumn('server', types.text, (column) => column.primaryKey())
          .addColumn('list', types.text, (column) => column.notNull())
          .execute();
      },
    },
    {
      number: 2,
      name: 'of several hosts',
      async up({ schema, types }) {
        await schema
          .createTable('pins_changes')
          .addColumn('server', types.text, (column) => column.primaryKey())
          .addColumn('version', types.integer, (column) => column.notNull())
          .execute();
        await schema.createIndex('pins_changes_version').on('pins_changes').column('version').execute();
      },
    },
  ],
};
