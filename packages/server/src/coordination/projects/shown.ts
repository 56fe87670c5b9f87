// Projects and goals as callers see them.

import type { ApiGoal, ApiProject, GoalStatus } from '@tutti/schemas';
import { progressOf } from './progress.ts';
import type { TaskCountRow } from './progress-queries.ts';
import type { GoalCount, GoalRow, ProjectRow } from './queries.ts';

export function projectView(
  row: ProjectRow,
  goals: readonly GoalCount[],
  tasks: readonly TaskCountRow[],
): ApiProject {
  const count = (status: GoalStatus): number =>
    goals.find((one) => one.project_id === row.id && one.status === status)?.count ?? 0;
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    status: row.status,
    lead_agent_id: row.lead_agent_id ?? undefined,
    goals: {
      backlog: count('backlog'),
      todo: count('todo'),
      in_progress: count('in_progress'),
      blocked: count('blocked'),
      done: count('done'),
    },
    progress: progressOf(tasks.filter(({ id }) => id === row.id)),
    created_by: row.created_by,
    created_at: new Date(row.created_ms).toISOString(),
    updated_at: new Date(row.changed_ms).toISOString(),
  };
}

export function goalView(
  row: GoalRow,
  workflows: readonly { readonly goal_id: string; readonly workflow_id: string }[],
  tasks: readonly TaskCountRow[],
): ApiGoal {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    project_id: row.project_id ?? undefined,
    status: row.status,
    workflow_ids: workflows.filter(({ goal_id }) => goal_id === row.id).map(({ workflow_id }) => workflow_id),
    progress: progressOf(tasks.filter(({ id }) => id === row.id)),
    created_by: row.created_by,
    created_at: new Date(row.created_ms).toISOString(),
    updated_at: new Date(row.changed_ms).toISOString(),
  };
}
