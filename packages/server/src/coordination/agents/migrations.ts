import { sql } from '../../store/kysely.ts';
import type { ModuleMigrations } from '../../store/migration.ts';
import type { AgentTables } from './agent-row.ts';

export const AGENT_MIGRATIONS: ModuleMigrations = {
  module: 'agents',
  migrations: [
    {
      number: 1,
      name: 'agents',
      async up({ schema, types: { text, integer, real } }) {
        await schema
          .createTable('agents_agents')
          .addColumn('id', text, (column) => column.primaryKey())
          .addColumn('owner', text, (column) => column.notNull())
          .addColumn('name', text, (column) => column.notNull())
          .addColumn('role', text, (column) => column.notNull())
          .addColumn('model_type', text, (column) => column.notNull())
          .addColumn('model_version', text, (column) => column.notNull())
          .addColumn('domain', text, (column) => column.notNull())
          .addColumn('group_name', text)
          .addColumn('capabilities', text, (column) => column.notNull())
          .addColumn('tags', text, (column) => column.notNull())
          .addColumn('resources', text, (column) => column.notNull())
          .addColumn('max_tasks', integer, (column) => column.notNull())
          .addColumn('heartbeat_ms', integer, (column) => column.notNull())
          .addColumn('status', text, (column) => column.notNull())
          .addColumn('phase', text, (column) => column.notNull())
          .addColumn('phase_reason', text)
          .addColumn('current_task', text)
          .addColumn('progress', real)
          .addColumn('error_info', text)
          .addColumn('plan_summary', text)
          .addColumn('card', text)
          .addColumn('registered_ms', integer, (column) => column.notNull())
          .addColumn('changed_ms', integer, (column) => column.notNull())
          .addColumn('version', integer, (column) => column.notNull())
          .execute();
        await schema.createIndex('agents_changed').on('agents_agents').columns(['changed_ms']).execute();
        // Apart from what tasks and reports write, so that a heartbeat never waits for them, nor they for it.
        await schema
          .createTable('agents_beats')
          .addColumn('agent_id', text, (column) => column.primaryKey())
          .addColumn('at_ms', integer, (column) => column.notNull())
          .execute();
        // The guard of its slots: who takes or frees one updates this row.
        await schema
          .createTable('agents_loads')
          .addColumn('agent_id', text, (column) => column.primaryKey())
          .addColumn('used', integer, (column) => column.notNull())
          .addColumn('completed', integer, (column) => column.notNull())
          .addColumn('failed', integer, (column) => column.notNull())
          .addColumn('version', integer, (column) => column.notNull())
          .execute();
        await schema
          .createTable('agents_fitness')
          .addColumn('agent_id', text, (column) => column.notNull())
          .addColumn('class_id', text, (column) => column.notNull())
          .addColumn('completed', integer, (column) => column.notNull())
          .addColumn('failed', integer, (column) => column.notNull())
          .addColumn('total_ms', integer, (column) => column.notNull())
          .addColumn('cost_micros', integer, (column) => column.notNull())
          .addPrimaryKeyConstraint('agents_fitness_key', ['agent_id', 'class_id'])
          .execute();
      },
    },
    {
      number: 2,
      name: 'what was decided',
      async up({ schema, queries, types: { text } }) {
        await schema
          .alterTable('agents_agents')
          .addColumn('settled_phase', text, (column) => column.notNull().defaultTo('Ready'))
          .execute();
        await schema.alterTable('agents_agents').addColumn('settled_reason', text).execute();
        await schema.alterTable('agents_agents').addColumn('role_by', text).execute();
        await queries<AgentTables>()
          .updateTable('agents_agents')
          .set({ settled_phase: sql`phase`, settled_reason: sql`phase_reason` })
          .where('phase', '!=', 'Unknown')
          .execute();
      },
    },
    {
      number: 3,
      name: 'cards and figures',
      async up({ schema, types: { text, integer } }) {
        // Apart from the agents, which are all held in memory.
        await schema
          .createTable('agents_cards')
          .addColumn('agent_id', text, (column) => column.primaryKey())
          .addColumn('card', text, (column) => column.notNull())
          .execute();
        await schema.alterTable('agents_agents').dropColumn('card').execute();
        for (const name of ['tokens', 'metered', 'seen_ms'])
          await schema
            .alterTable('agents_fitness')
            .addColumn(name, integer, (column) => column.notNull().defaultTo(0))
            .execute();
        await schema.alterTable('agents_fitness').addColumn('owner', text).execute();
        // Of agents that left.
        await schema
          .createIndex('agents_fitness_left')
          .on('agents_fitness')
          .columns(['seen_ms'])
          .where(sql<boolean>`owner is not null`)
          .execute();
      },
    },
  ],
};
