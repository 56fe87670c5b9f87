// A task: a unit of work with requirements. Field names are those of the systems whose clients keep working here.

import { z } from 'zod';
import { ApiTimeSchema } from '../api/server.ts';
import { durationMs, MAX_DURATION_MS } from '../resources/duration.ts';
import { ApiAmountsSchema, BudgetSchema } from './budget.ts';
import { ApiEvidenceSchema, DemandedProofsSchema } from './evidence.ts';
import { AgentIdSchema, DEFAULT_DOMAIN, TaskIdSchema, WordSchema, WordsSchema } from './names.ts';
import { TaskStatesSchema } from './task-states.ts';
import { WriteSetSchema } from './write-set.ts';

export const TASK_STATUSES = [
  'pending',
  'assigned',
  'in_progress',
  'waiting',
  'completed',
  'failed',
  'cancelled',
] as const;

/** Why a task is pending or waiting. */
export const TASK_REASONS = [
  /** Pending: it can be given to an agent now. */
  'ready',
  /** Pending: a failed attempt is tried again later. */
  'backoff',
  /** Pending: tasks that it needs are not done. */
  'dependencies',
  /** Pending: no registered agent could ever do it. */
  'unsatisfiable',
  /** Pending: a budget has nothing left. */
  'budget',
  /** Waiting: a person is asked. */
  'input',
  /** Waiting: proofs are missing. */
  'evidence',
  /** Waiting: a reviewer has to approve. */
  'approval',
] as const;

export const BACKOFFS = ['exponential', 'linear', 'fixed'] as const;
/** Priorities that have a name. */
export const NAMED_PRIORITIES = { low: 2, medium: 5, high: 8 } as const;

const MAX_DESCRIPTION_CHARS = 20_000;
export const MAX_TASK_DEPENDENCIES = 100;
/** Bytes of JSON of a payload, a result, or what is handed over. */
export const MAX_TASK_CONTENT_BYTES = 1024 ** 2;

export const PrioritySchema = z.union([
  z.int().min(1).max(10),
  z.enum(['low', 'medium', 'high']).transform((name) => NAMED_PRIORITIES[name]),
]);

/** Of one attempt at a task, where nobody says another. */
export const DEFAULT_TASK_TIMEOUT_MS = 300_000;

export const RetryPolicySchema = z.strictObject({
  /** Attempts after the first. */
  maxRetries: z.int().min(0).max(10).default(3),
  backoff: z.enum(BACKOFFS).default('exponential'),
  initialDelay: durationMs({ minMs: 0, maxMs: MAX_DURATION_MS }).default(1_000),
  maxDelay: durationMs({ minMs: 0, maxMs: MAX_DURATION_MS }).default(300_000),
});

/** What a task is submitted with. */
export const TaskSubmissionSchema = z.strictObject({
  /** Made when left out. */
  id: TaskIdSchema.optional(),
  description: z.string().min(1).max(MAX_DESCRIPTION_CHARS),
  parent_task_id: TaskIdSchema.optional(),
  workflow_id: z.string().max(128).optional(),
  /** What it counts for. Left out: the project of its parent. */
  project_id: WordSchema.optional(),
  /** The goal that it works for. Left out: the goal of its parent. */
  goal_id: WordSchema.optional(),
  domain: WordSchema.default(DEFAULT_DOMAIN),
  required_capabilities: WordsSchema.default([]),
  requiredTags: WordsSchema.default([]),
  preferredTags: WordsSchema.default([]),
  /** 1 to 10, or low (2), medium (5), high (8). */
  priority: PrioritySchema.default(5),
  payload: z.json().optional(),
  /** What whoever does it should know; handed over to every agent that has it. */
  contextual_data: z.json().optional(),
  /** When it is of no use any more; ISO 8601. */
  deadline: z.iso.datetime({ offset: true }).optional(),
  /** Of one attempt. Left out: what the configuration says for its domain, else 300 s. */
  timeout: durationMs({ minMs: 100, maxMs: MAX_DURATION_MS }).optional(),
  /** Left out: what the configuration says for its domain, else the defaults of its fields. */
  retryPolicy: RetryPolicySchema.optional(),
  /** Tasks that have to be completed before. */
  depends_on: z.array(TaskIdSchema).max(MAX_TASK_DEPENDENCIES).default([]),
  /** What becomes of it when one of those fails or is cancelled. */
  on_dependency_failure: z.enum(['fail', 'run']).default('fail'),
  /** Only this agent may do it. */
  assigned_agent_id: AgentIdSchema.optional(),
  /** What becomes of it when no registered agent could ever do it. */
  on_unsatisfiable: z.enum(['wait', 'fail']).default('wait'),
  /** What has to be proven before it counts as completed; until then it waits. */
  evidence: DemandedProofsSchema.default([]),
  /** What one attempt at it may use; needed where a budget limits that. An attempt never gets more time than that. */
  budget: BudgetSchema.optional(),
  /** Globs over the files that it may write. */
  write_set: WriteSetSchema.default([]),
});

export const TaskErrorSchema = z.object({
  /** Stable: `timeout`, `deadline_exceeded`, `agent_failed`, `agent_lost`, `dependency_failed`, … */
  code: z.string(),
  message: z.string(),
});

export const PROMPT_TYPES = ['text', 'choice', 'confirmation', 'secret'] as const;

export const ApiQuestionSchema = z.object({
  prompt: z.string(),
  type: z.enum(PROMPT_TYPES),
  choices: z.array(z.string()).optional(),
  default: z.json().optional(),
  required: z.boolean(),
  asked_at: ApiTimeSchema,
  due_at: ApiTimeSchema,
});

export const ApiTaskSchema = z.object({
  id: z.string(),
  description: z.string(),
  parent_task_id: z.string().optional(),
  workflow_id: z.string().optional(),
  project_id: z.string().optional(),
  goal_id: z.string().optional(),
  domain: z.string(),
  required_capabilities: z.array(z.string()),
  requiredTags: z.array(z.string()),
  preferredTags: z.array(z.string()),
  priority: z.int(),
  payload: z.json().optional(),
  deadline: ApiTimeSchema.optional(),
  /** Seconds. */
  timeout: z.number(),
  retryPolicy: z.object({
    maxRetries: z.int(),
    backoff: z.enum(BACKOFFS),
    /** Seconds. */
    initialDelay: z.number(),
    /** Seconds. */
    maxDelay: z.number(),
  }),
  depends_on: z.array(z.string()),
  /** What one attempt reserves of each budget that the task counts for. */
  budget: ApiAmountsSchema.optional(),
  write_set: z.array(z.string()).optional(),
  status: z.enum(TASK_STATUSES),
  /** What other systems call that; not in the answers of earlier versions. */
  states: TaskStatesSchema.optional(),
  /** Why it is pending or waiting. */
  reason: z.enum(TASK_REASONS).optional(),
  /** Its words for people. */
  message: z.string().optional(),
  assigned_agent_id: z.string().optional(),
  /** The fencing number of the claim that is in force, or was the last. */
  claim: z.int(),
  progress: z.number().optional(),
  result: z.json().optional(),
  /** What earlier attempts left for the next one. */
  partial_result: z.json().optional(),
  contextual_data: z.json().optional(),
  /** What it asks a person, while it waits for that. */
  question: ApiQuestionSchema.optional(),
  /** Which of the demanded proofs are missing, while it waits for them. */
  evidence: ApiEvidenceSchema.optional(),
  error: TaskErrorSchema.optional(),
  /** All attempts failed, and a person has to look. */
  dead_letter: z.boolean().optional(),
  /** Attempts that were begun. */
  attempts: z.int(),
  /** The id of the principal. */
  created_by: z.string(),
  /** The agent in whose name it was submitted. */
  submitted_by: z.string().optional(),
  created_at: ApiTimeSchema,
  /** Not before this time is it given to an agent again. */
  not_before: ApiTimeSchema.optional(),
  assigned_at: ApiTimeSchema.optional(),
  started_at: ApiTimeSchema.optional(),
  ended_at: ApiTimeSchema.optional(),
});

export type TaskSubmission = z.infer<typeof TaskSubmissionSchema>;
/** As it is written: what has a default may be left out. */
export type TaskSubmissionInput = z.input<typeof TaskSubmissionSchema>;
export type RetryPolicy = z.infer<typeof RetryPolicySchema>;
export type TaskError = z.infer<typeof TaskErrorSchema>;
export type ApiTask = z.infer<typeof ApiTaskSchema>;
export type TaskStatus = (typeof TASK_STATUSES)[number];
export type TaskReason = (typeof TASK_REASONS)[number];
