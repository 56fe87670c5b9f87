import type { ModuleMigrations } from '../../store/migration.ts';

export const LEASE_MIGRATIONS: ModuleMigrations = {
  module: 'leases',
  migrations: [
    {
      number: 1,
      name: 'leases',
      async up({ schema, types: { text, integer } }) {
        for (const table of ['leases_leases', 'leases_tickets']) {
          const columns = schema
            .createTable(table)
            .addColumn('id', text, (column) => column.primaryKey())
            .addColumn('space', text, (column) => column.notNull())
            .addColumn('agent_id', text, (column) => column.notNull())
            .addColumn('task_id', text)
            .addColumn('mode', text, (column) => column.notNull())
            .addColumn('patterns', text, (column) => column.notNull())
            .addColumn('reason', text, (column) => column.notNull())
            .addColumn('ttl_ms', integer, (column) => column.notNull())
            .addColumn('since_ms', integer, (column) => column.notNull());
          await (
            table === 'leases_leases'
              ? columns.addColumn('fence', integer, (column) => column.notNull())
              : columns
                  .addColumn('seq', integer, (column) => column.notNull())
                  .addColumn('keep_ms', integer, (column) => column.notNull())
          ).execute();
          await schema.createIndex(`${table}_space`).on(table).columns(['space']).execute();
          await schema.createIndex(`${table}_agent`).on(table).columns(['agent_id']).execute();
        }
        await schema.createIndex('leases_leases_task').on('leases_leases').columns(['task_id']).execute();
      },
    },
  ],
};
