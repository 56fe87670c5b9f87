// A plan as it is submitted, and what comes of it.

import { z } from 'zod';
import { BudgetSchema } from './budget.ts';
import { ApiTaskSchema, TaskSubmissionSchema } from './task.ts';

const { domain, parent_task_id, workflow_id, project_id, priority, deadline } = TaskSubmissionSchema.shape;

export const PlanSubmissionSchema = z.strictObject({
  /** Those of a Plan. Checked with all that belongs to it, so that everything that is wrong is told at once. */
  tasks: z.unknown(),
  // What holds for each of them.
  domain,
  parent_task_id,
  workflow_id,
  project_id,
  priority,
  deadline,
  /** What all of them together may use. */
  budget: BudgetSchema.optional(),
  /** Whether a task that no registered agent could do may wait for one. */
  on_unsatisfiable: z.enum(['fail', 'wait']).default('fail'),
  /** Check it, and submit nothing. */
  dry_run: z.boolean().default(false),
});

export const ApiSubmittedPlanSchema = z.object({
  /** Left out after a dry run. */
  plan_id: z.string().optional(),
  /** In the order of the plan; `id` is the one in the plan. */
  tasks: z.array(z.object({ id: z.string(), task: ApiTaskSchema.optional() })),
  /** Tasks that have to wait for each other. */
  longest_chain: z.int(),
});

export type PlanSubmission = z.output<typeof PlanSubmissionSchema>;
export type PlanSubmissionInput = z.input<typeof PlanSubmissionSchema>;
export type ApiSubmittedPlan = z.infer<typeof ApiSubmittedPlanSchema>;
