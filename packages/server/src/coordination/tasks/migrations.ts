import type { ModuleMigrations } from '../../store/migration.ts';
import { sql } from '../../store/kysely.ts';

export const TASK_MIGRATIONS: ModuleMigrations = {
  module: 'tasks',
  migrations: [
    {
      number: 1,
      name: 'tasks',
      async up({ schema, types: { text, integer, real } }) {
        await schema
          .createTable('tasks_tasks')
          .addColumn('id', text, (column) => column.primaryKey())
          .addColumn('class_id', text, (column) => column.notNull())
          .addColumn('domain', text, (column) => column.notNull())
          .addColumn('rank_ms', integer, (column) => column.notNull())
          .addColumn('ready', integer, (column) => column.notNull())
          .addColumn('status', text, (column) => column.notNull())
          .addColumn('reason', text)
          .addColumn('message', text)
          .addColumn('description', text, (column) => column.notNull())
          .addColumn('priority', integer, (column) => column.notNull())
          .addColumn('spec', text, (column) => column.notNull())
          .addColumn('principal', text, (column) => column.notNull())
          .addColumn('parent_id', text)
          .addColumn('workflow_id', text)
          .addColumn('agent_id', text)
          .addColumn('claim', integer, (column) => column.notNull())
          .addColumn('attempts', integer, (column) => column.notNull())
          .addColumn('progress', real)
          .addColumn('error', text)
          .addColumn('dead_letter', integer, (column) => column.notNull())
          .addColumn('due_ms', integer)
          .addColumn('deadline_ms', integer)
          .addColumn('not_before_ms', integer)
          .addColumn('created_ms', integer, (column) => column.notNull())
          .addColumn('assigned_ms', integer)
          .addColumn('started_ms', integer)
          .addColumn('waiting_ms', integer)
          .addColumn('wait_due_ms', integer)
          .addColumn('ended_ms', integer)
          .addColumn('version', integer, (column) => column.notNull())
          .execute();
        // The lines are short whatever the history holds: only what stands in them is in these indexes.
        await schema.createIndex('tasks_newest').on('tasks_tasks').columns(['created_ms', 'id']).execute();
        await schema
          .createIndex('tasks_ready')
          .on('tasks_tasks')
          .columns(['class_id', 'rank_ms', 'id'])
          .where(sql<boolean>`ready = 1`)
          .execute();
        await schema
          .createIndex('tasks_due')
          .on('tasks_tasks')
          .columns(['due_ms'])
          .where(sql<boolean>`due_ms is not null`)
          .execute();
        await schema
          .createIndex('tasks_ended')
          .on('tasks_tasks')
          .columns(['ended_ms'])
          .where(sql<boolean>`ended_ms is not null`)
          .execute();
        await schema
          .createIndex('tasks_held')
          .on('tasks_tasks')
          .columns(['agent_id'])
          .where(sql<boolean>`assigned_ms is not null and ended_ms is null`)
          .execute();
        await schema
          .createIndex('tasks_children')
          .on('tasks_tasks')
          .columns(['parent_id'])
          .where(sql<boolean>`parent_id is not null`)
          .execute();
        await schema
          .createTable('tasks_contents')
          .addColumn('task_id', text, (column) => column.notNull())
          .addColumn('part', text, (column) => column.notNull())
          .addColumn('body', text, (column) => column.notNull())
          .addPrimaryKeyConstraint('tasks_contents_key', ['task_id', 'part'])
          .execute();
        await schema
          .createTable('tasks_history')
          .addColumn('task_id', text, (column) => column.notNull())
          .addColumn('version', integer, (column) => column.notNull())
          .addColumn('at_ms', integer, (column) => column.notNull())
          .addColumn('event', text, (column) => column.notNull())
          .addColumn('status', text, (column) => column.notNull())
          .addColumn('agent_id', text)
          .addColumn('claim', integer, (column) => column.notNull())
          .addColumn('detail', text, (column) => column.notNull())
          .addPrimaryKeyConstraint('tasks_history_key', ['task_id', 'version'])
          .execute();
        await schema
          .createTable('tasks_classes')
          .addColumn('id', text, (column) => column.primaryKey())
          .addColumn('domain', text, (column) => column.notNull())
          .addColumn('wanted', text, (column) => column.notNull())
          .addColumn('seen_ms', integer, (column) => column.notNull())
          .execute();
        await schema
          .createTable('tasks_needs')
          .addColumn('task_id', text, (column) => column.notNull())
          .addColumn('needs_id', text, (column) => column.notNull())
          .addPrimaryKeyConstraint('tasks_needs_key', ['task_id', 'needs_id'])
          .execute();
        await schema
          .createIndex('tasks_needed_by')
          .on('tasks_needs')
          .columns(['needs_id', 'task_id'])
          .execute();
        // Tasks whose dependencies changed and that nobody has looked at since.
        await schema
          .createTable('tasks_rechecks')
          .addColumn('task_id', text, (column) => column.primaryKey())
          .execute();
        await schema
          .createTable('tasks_answers')
          .addColumn('principal', text, (column) => column.notNull())
          .addColumn('key', text, (column) => column.notNull())
          .addColumn('digest', text, (column) => column.notNull())
          .addColumn('answer', text, (column) => column.notNull())
          .addColumn('at_ms', integer, (column) => column.notNull())
          .addPrimaryKeyConstraint('tasks_answers_key', ['principal', 'key'])
          .execute();
        await schema.createIndex('tasks_answers_age').on('tasks_answers').columns(['at_ms']).execute();
      },
    },
    {
      number: 2,
      name: 'projects of tasks',
      async up({ schema, types: { text } }) {
        await schema.alterTable('tasks_tasks').addColumn('project_id', text).execute();
      },
    },
    {
      number: 3,
      name: 'goals of tasks',
      async up({ schema, types: { text } }) {
        await schema.alterTable('tasks_tasks').addColumn('goal_id', text).execute();
        // Neither ever changes: whatever else becomes of a task, these indexes are left alone.
        await schema
          .createIndex('tasks_of_project')
          .on('tasks_tasks')
          .columns(['project_id'])
          .where(sql<boolean>`project_id is not null`)
          .execute();
        await schema
          .createIndex('tasks_of_goal')
          .on('tasks_tasks')
          .columns(['goal_id'])
          .where(sql<boolean>`goal_id is not null`)
          .execute();
      },
    },
  ],
};
