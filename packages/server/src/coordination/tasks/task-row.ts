// A task as the store has it. What queries look for are columns; the rest of what it was submitted with is `spec`.

import {
  BACKOFFS,
  BUDGET_UNITS,
  DemandedProofsSchema,
  type TaskError,
  TaskErrorSchema,
  type TaskReason,
  type TaskStatus,
} from '@tutti/schemas';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';

export interface TaskRow {
  id: string;
  /** Of its requirements; tasks of one class fit the same agents. */
  class_id: string;
  domain: string;
  /** Its place in line: the lower, the sooner. */
  rank_ms: number;
  /** 1: an agent can be given it now. */
  ready: number;
  status: TaskStatus;
  reason: TaskReason | null;
  message: string | null;
  description: string;
  priority: number;
  spec: string;
  /** Who submitted it. */
  principal: string;
  parent_id: string | null;
  workflow_id: string | null;
  /** Its own, or that of its parent. */
  project_id: string | null;
  goal_id: string | null;
  /** The holder, or the last one. */
  agent_id: string | null;
  /** The fencing number: of the claim in force, or the last one. */
  claim: number;
  attempts: number;
  progress: number | null;
  error: string | null;
  dead_letter: number;
  /** When something has to be decided about it; null: never by itself. */
  due_ms: number | null;
  deadline_ms: number | null;
  not_before_ms: number | null;
  created_ms: number;
  assigned_ms: number | null;
  started_ms: number | null;
  /** Since when it waits for what it waits for. */
  waiting_ms: number | null;
  /** How long an answer is waited for; of an offer: how long it stands, where its agent has said that it has it. */
  wait_due_ms: number | null;
  ended_ms: number | null;
  version: number;
}

const TaskSpecSchema = z.object({
  required_capabilities: z.array(z.string()),
  requiredTags: z.array(z.string()),
  preferredTags: z.array(z.string()),
  target: z.string().nullable(),
  timeoutMs: z.number(),
  maxRetries: z.number(),
  backoff: z.enum(BACKOFFS),
  initialDelayMs: z.number(),
  maxDelayMs: z.number(),
  depends_on: z.array(z.string()),
  on_dependency_failure: z.enum(['fail', 'run']),
  on_unsatisfiable: z.enum(['wait', 'fail']),
  evidence: DemandedProofsSchema.optional(),
  budget: z.partialRecord(z.enum(BUDGET_UNITS), z.number()).optional(),
  /** The first task above it, and how many are; of a task with a parent. */
  root: z.string().optional(),
  depth: z.number().optional(),
  /** The first run above it. */
  run: z.string().optional(),
  write_set: z.array(z.string()).optional(),
  /** The agent in whose name it was submitted. */
  submitted_by: z.string().nullable().default(null),
});

export type TaskSpec = Readonly<z.infer<typeof TaskSpecSchema>>;

/** It is read many times while a task is on its way, and the same for many tasks. */
export function specOf({ id, spec }: Pick<TaskRow, 'id' | 'spec'>): TaskSpec {
  const known = specs.get(spec);
  if (known !== undefined) return known;
  const read = parsed(TaskSpecSchema, spec, `the task ${id}`);
  if (specs.size >= MAX_KEPT_SPECS) specs.clear();
  specs.set(spec, read);
  return read;
}

/** By their text; what is read from the same text is the same. */
const specs = new Map<string, TaskSpec>();
const MAX_KEPT_SPECS = 1_000;

export function errorOf({ id, error }: Pick<TaskRow, 'id' | 'error'>): TaskError | undefined {
  return error === null ? undefined : parsed(TaskErrorSchema, error, `the error of the task ${id}`);
}

/** A column of JSON. What another version wrote and this one can't read is an error that names its place. */
export function parsed<T>(schema: z.ZodType<T>, text: string, what: string): T {
  const read = schema.safeParse(JSON.parse(text));
  if (read.success) return read.data;
  throw new AppError('internal', `The store has ${what} in a form that this version does not know.`, {
    cause: read.error,
  });
}

/** A row that was kept as the answer to a request, as this version wrote it. */
export function answeredRow(text: string): TaskRow {
  const row: unknown = JSON.parse(text);
  if (isTaskRow(row)) return row;
  throw new AppError('internal', 'The store has an answer in a form that this version does not know.');
}

function isTaskRow(value: unknown): value is TaskRow {
  return typeof value === 'object' && value !== null && 'id' in value && 'claim' in value && 'spec' in value;
}
