// A plan: tasks that belong together, submitted at once and checked as data before any of them exists.

import { z } from 'zod';
import { BudgetSchema } from './budget.ts';
import { MAX_WORDS, TaskIdSchema, WordSchema, WordsSchema } from './names.ts';
import { MAX_TASK_DEPENDENCIES } from './task.ts';
import { WriteSetSchema } from './write-set.ts';

export const MAX_PLAN_TASKS = 500;
const MAX_DESCRIPTION_CHARS = 20_000;

/** A part of a task, as decompose_task answers and assign_subtasks takes it. */
export const SubtaskSchema = z.strictObject({
  id: TaskIdSchema,
  description: z.string().min(1).max(MAX_DESCRIPTION_CHARS),
  required_capabilities: WordsSchema.default([]),
});

export const PlanTaskSchema = SubtaskSchema.extend({
  requiredTags: WordsSchema.default([]),
  /** Ids of tasks of the same plan that have to be completed before. */
  depends_on: z.array(TaskIdSchema).max(MAX_TASK_DEPENDENCIES).default([]),
  /** Globs over the files that it may write: `*` inside a name, `**` over folders, `?` one character. A `/` at the end
   *  is everything below. */
  write_set: WriteSetSchema.default([]),
  /** What it may use. */
  budget: BudgetSchema.optional(),
});

export const PlanSchema = z.strictObject({
  tasks: z.array(PlanTaskSchema).min(1).max(MAX_PLAN_TASKS),
});

/** What a plan may not have. Stable: clients decide by them. */
export const PLAN_FINDINGS = [
  /** A field is missing, unknown, or not what it has to be. */
  'invalid',
  'duplicate_id',
  'unknown_dependency',
  'cycle',
  /** A chain of tasks is longer than allowed. */
  'too_deep',
  /** No agent could do it. */
  'unsatisfiable',
  'over_budget',
  /** The budget limits a unit of which the task does not say how much it needs. */
  'unbudgeted',
  /** Two tasks that may run at the same time may write the same file. */
  'overlapping_writes',
  /** Write sets that take too long to compare. */
  'too_complex',
] as const;

export const PlanFindingSchema = z.object({
  code: z.enum(PLAN_FINDINGS),
  /** Where in the plan: `tasks[2].depends_on[0]`. */
  path: z.string(),
  /** What is wrong, and what to do. */
  message: z.string(),
});

/** A model, or an agent, that parts of a task may be given to. */
export const AvailableModelSchema = z.strictObject({
  id: WordSchema,
  model_type: z.string().max(128).default(''),
  capabilities: z.array(WordSchema).max(MAX_WORDS).default([]),
});

export type Subtask = z.infer<typeof SubtaskSchema>;
export type PlanTask = z.infer<typeof PlanTaskSchema>;
export type Plan = z.infer<typeof PlanSchema>;
export type PlanFinding = z.infer<typeof PlanFindingSchema>;
export type PlanFindingCode = (typeof PLAN_FINDINGS)[number];
export type AvailableModel = z.infer<typeof AvailableModelSchema>;
