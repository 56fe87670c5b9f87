// A task that works for a goal counts for the project of the goal.

import type { TaskSubmission } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import type { AnyDatabase } from '../../store/database.ts';
import { unknownGoal } from './projects.ts';
import { type ProjectTables, readGoal } from './queries.ts';

export async function withProjectOfGoal(
  database: Pick<AnyDatabase, 'over'>,
  task: TaskSubmission,
): Promise<TaskSubmission> {
  const { goal_id: goalId, project_id: own } = task;
  if (goalId === undefined) return task;
  const goal = await readGoal(database.over<ProjectTables>().read, goalId);
  if (goal === undefined) throw unknownGoal(goalId);
  if (goal.project_id === null) return task;
  if (own !== undefined && own !== goal.project_id)
    throw new AppError(
      'invalid_params',
      `project_id: the goal ${goalId} belongs to the project ${goal.project_id}; leave project_id out, or choose another goal.`,
    );
  return { ...task, project_id: goal.project_id };
}
