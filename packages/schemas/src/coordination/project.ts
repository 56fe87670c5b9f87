// Projects and goals: what work is for. Progress is not said by anybody: it is counted from the tasks.

import { z } from 'zod';
import { ApiTimeSchema } from '../api/server.ts';
import { ProjectIdSchema } from './knowledge.ts';
import { AgentIdSchema, TaskIdSchema, WordSchema } from './names.ts';

export const PROJECT_STATUSES = ['planning', 'active', 'on_hold', 'completed', 'archived'] as const;
export const GOAL_STATUSES = ['backlog', 'todo', 'in_progress', 'blocked', 'done'] as const;
/** Projects or goals on one page. */
export const MAX_PROJECT_PAGE = 100;

const MAX_NAME_CHARS = 256;
const MAX_DESCRIPTION_CHARS = 20_000;

const NameSchema = z
  .string()
  .min(1)
  .max(MAX_NAME_CHARS)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, 'must have visible characters only');
const DescriptionSchema = z.string().max(MAX_DESCRIPTION_CHARS);

export const GoalIdSchema = WordSchema;

export const NewProjectSchema = z.strictObject({
  /** Made when left out. */
  id: ProjectIdSchema.optional(),
  name: NameSchema,
  description: DescriptionSchema.default(''),
  /** Who looks after it. */
  lead_agent_id: AgentIdSchema.optional(),
  initial_status: z.enum(PROJECT_STATUSES).default('planning'),
});

/** What is left out stays as it is. */
export const ProjectChangeSchema = z.strictObject({
  name: NameSchema.optional(),
  description: DescriptionSchema.optional(),
  /** Null: nobody any more. */
  lead_agent_id: AgentIdSchema.nullish(),
  status: z.enum(PROJECT_STATUSES).optional(),
});

export const NewGoalSchema = z.strictObject({
  /** Made when left out. */
  id: GoalIdSchema.optional(),
  name: NameSchema,
  description: DescriptionSchema.default(''),
  project_id: ProjectIdSchema.optional(),
  initial_status: z.enum(GOAL_STATUSES).default('backlog'),
});

/** What is left out stays as it is. */
export const GoalChangeSchema = z.strictObject({
  name: NameSchema.optional(),
  description: DescriptionSchema.optional(),
  /** Null: of no project any more. Tasks count for the project that they were submitted for. */
  project_id: ProjectIdSchema.nullish(),
  status: z.enum(GOAL_STATUSES).optional(),
});

const WorkflowIdSchema = TaskIdSchema;

export const WorkflowLinkSchema = z.strictObject({ workflow_id: WorkflowIdSchema, goal_id: GoalIdSchema });

/** A step of a workflow, as another system knows it. */
export const ExternalLinkSchema = z.strictObject({
  workflow_id: WorkflowIdSchema,
  step_id: TaskIdSchema,
  /** `jira`, `github`, … */
  external_system: WordSchema,
  external_task_id: z.string().min(1).max(MAX_NAME_CHARS),
});

/** Counted from its tasks, those that are not kept any more too. */
export const ApiProgressSchema = z.object({
  tasks: z.int(),
  /** Not ended yet. */
  open: z.int(),
  completed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  /** The share of the tasks that are completed, 0 to 1, without those that were cancelled; left out without tasks. */
  share: z.number().optional(),
});

export const ApiProjectSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  status: z.enum(PROJECT_STATUSES),
  lead_agent_id: z.string().optional(),
  /** How many goals it has of each status. */
  goals: z.object({
    backlog: z.int(),
    todo: z.int(),
    in_progress: z.int(),
    blocked: z.int(),
    done: z.int(),
  }),
  progress: ApiProgressSchema,
  /** The id of the principal. */
  created_by: z.string(),
  created_at: ApiTimeSchema,
  updated_at: ApiTimeSchema,
});

export const ApiGoalSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  project_id: z.string().optional(),
  status: z.enum(GOAL_STATUSES),
  /** Workflows that are linked to it. */
  workflow_ids: z.array(z.string()),
  progress: ApiProgressSchema,
  created_by: z.string(),
  created_at: ApiTimeSchema,
  updated_at: ApiTimeSchema,
});

/** The newest first; there are more as long as there is a cursor. */
export const ApiProjectListSchema = z.object({
  items: z.array(ApiProjectSchema),
  nextCursor: z.string().optional(),
});

/** The newest first; there are more as long as there is a cursor. */
export const ApiGoalListSchema = z.object({
  items: z.array(ApiGoalSchema),
  nextCursor: z.string().optional(),
});

export const ApiExternalLinkListSchema = z.object({ items: z.array(ExternalLinkSchema) });

export type ProjectStatus = (typeof PROJECT_STATUSES)[number];
export type GoalStatus = (typeof GOAL_STATUSES)[number];
export type NewProject = z.infer<typeof NewProjectSchema>;
export type NewProjectInput = z.input<typeof NewProjectSchema>;
export type ProjectChange = z.infer<typeof ProjectChangeSchema>;
export type NewGoal = z.infer<typeof NewGoalSchema>;
export type NewGoalInput = z.input<typeof NewGoalSchema>;
export type GoalChange = z.infer<typeof GoalChangeSchema>;
export type WorkflowLink = z.infer<typeof WorkflowLinkSchema>;
export type ExternalLink = z.infer<typeof ExternalLinkSchema>;
export type ApiProgress = z.infer<typeof ApiProgressSchema>;
export type ApiProject = z.infer<typeof ApiProjectSchema>;
export type ApiGoal = z.infer<typeof ApiGoalSchema>;
