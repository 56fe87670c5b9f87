import type { ModuleMigrations } from '../../store/migration.ts';

export const PROJECT_MIGRATIONS: ModuleMigrations = {
  module: 'projects',
  migrations: [
    {
      number: 1,
      name: 'projects',
      async up({ schema, types: { text, integer } }) {
        await schema
          .createTable('projects_projects')
          .addColumn('id', text, (column) => column.primaryKey())
          .addColumn('name', text, (column) => column.notNull())
          .addColumn('description', text, (column) => column.notNull())
          .addColumn('status', text, (column) => column.notNull())
          .addColumn('lead_agent_id', text)
          .addColumn('created_by', text, (column) => column.notNull())
          .addColumn('created_ms', integer, (column) => column.notNull())
          .addColumn('changed_ms', integer, (column) => column.notNull())
          .execute();
        await schema
          .createIndex('projects_newest')
          .on('projects_projects')
          .columns(['created_ms', 'id'])
          .execute();
        await schema
          .createTable('projects_goals')
          .addColumn('id', text, (column) => column.primaryKey())
          .addColumn('name', text, (column) => column.notNull())
          .addColumn('description', text, (column) => column.notNull())
          .addColumn('project_id', text)
          .addColumn('status', text, (column) => column.notNull())
          .addColumn('created_by', text, (column) => column.notNull())
          .addColumn('created_ms', integer, (column) => column.notNull())
          .addColumn('changed_ms', integer, (column) => column.notNull())
          .execute();
        await schema
          .createIndex('projects_goals_newest')
          .on('projects_goals')
          .columns(['created_ms', 'id'])
          .execute();
        await schema
          .createIndex('projects_goals_of')
          .on('projects_goals')
          .columns(['project_id', 'status'])
          .execute();
        await schema
          .createTable('projects_workflows')
          .addColumn('goal_id', text, (column) => column.notNull())
          .addColumn('workflow_id', text, (column) => column.notNull())
          .addColumn('linked_by', text, (column) => column.notNull())
          .addColumn('linked_ms', integer, (column) => column.notNull())
          .addPrimaryKeyConstraint('projects_workflows_key', ['goal_id', 'workflow_id'])
          .execute();
        await schema
          .createTable('projects_external')
          .addColumn('workflow_id', text, (column) => column.notNull())
          .addColumn('step_id', text, (column) => column.notNull())
          .addColumn('external_system', text, (column) => column.notNull())
          .addColumn('external_task_id', text, (column) => column.notNull())
          .addColumn('linked_by', text, (column) => column.notNull())
          .addColumn('linked_ms', integer, (column) => column.notNull())
          .addPrimaryKeyConstraint('projects_external_key', ['workflow_id', 'step_id', 'external_system'])
          .execute();
        // Tasks that ended long ago and are not kept.
        await schema
          .createTable('projects_past')
          .addColumn('kind', text, (column) => column.notNull())
          .addColumn('id', text, (column) => column.notNull())
          .addColumn('status', text, (column) => column.notNull())
          .addColumn('tasks', integer, (column) => column.notNull())
          .addPrimaryKeyConstraint('projects_past_key', ['kind', 'id', 'status'])
          .execute();
      },
    },
  ],
};
