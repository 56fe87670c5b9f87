// A plan that was checked, as one intent: all of its tasks are submitted or none. Their ids are made of the id of the
// plan and their place in it, so that the same plan with the same idempotency key is found again.

import { type Plan, type PlanTask, type TaskSubmission, TaskSubmissionSchema } from '@tutti/schemas';
import type { Caller } from '../agents/registry.ts';
import type { DomainSettings } from '../domains.ts';
import type { Change, Intent, Once } from './book.ts';
import type { TaskRow } from './task-row.ts';
import { preparedSubmission } from './submit.ts';

/** What is said once for all tasks of a plan. */
export type PlanCommon = 'domain' | 'parent_task_id' | 'workflow_id' | 'project_id' | 'priority' | 'deadline';

export interface PlanSubmission {
  readonly planId: string;
  readonly plan: Plan;
  /** What holds for each of its tasks. */
  readonly common: Partial<Pick<TaskSubmission, PlanCommon>>;
  readonly by: Caller;
  readonly domains?: DomainSettings | undefined;
  readonly once?: Once | undefined;
}

export interface PlannedTask {
  /** In the plan. */
  readonly name: string;
  readonly taskId: string;
}

export function plannedTasks(planId: string, { tasks }: Plan): readonly PlannedTask[] {
  return tasks.map(({ id: name }, index) => ({ name, taskId: `${planId}-${index + 1}` }));
}

/** The plan that a task came from, told by its first task. */
export function planIdOf({ id }: Pick<TaskRow, 'id'>): string {
  return id.replace(/-\d+$/, '');
}

export function planSubmission({ planId, plan, common, by, domains, once }: PlanSubmission): Intent {
  const ids = new Map(plannedTasks(planId, plan).map(({ name, taskId }) => [name, taskId]));
  const prepared = plan.tasks.map((task) => {
    const id = ids.get(task.id) ?? task.id;
    return preparedSubmission({ id, task: submissionOf(task, ids, common), by, domains });
  });
  const parents = common.parent_task_id === undefined ? [] : [common.parent_task_id];
  return {
    tasks: [...prepared.map(({ id }) => id), ...parents],
    holders: [],
    once,
    budgets: prepared.map(({ id }) => ({
      task: id,
      project: common.project_id,
      workflow: common.workflow_id,
      parent: common.parent_task_id,
    })),
    decide(book) {
      const made = new Set(prepared.map(({ id }) => id));
      const decisions = prepared.map(({ decide }, index) =>
        decide({
          ...book,
          ordinal: index + 1,
          statusOf: (id) => (made.has(id) ? 'pending' : book.task(id)?.status),
        }),
      );
      const [first] = decisions;
      if (first === undefined) throw new TypeError('a plan has tasks');
      return { task: first.task, changes: decisions.flatMap(({ changes }): readonly Change[] => changes) };
    },
  };
}

function submissionOf(
  { id: name, description, required_capabilities, requiredTags, depends_on, write_set, budget }: PlanTask,
  ids: ReadonlyMap<string, string>,
  common: PlanSubmission['common'],
): TaskSubmission {
  const submission = TaskSubmissionSchema.parse({
    ...common,
    description,
    required_capabilities,
    requiredTags,
    depends_on: depends_on.map((needed) => ids.get(needed) ?? needed),
    contextual_data: { plan_task: name },
    write_set,
  });
  return budget === undefined ? submission : { ...submission, budget };
}
