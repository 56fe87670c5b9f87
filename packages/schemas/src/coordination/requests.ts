// Requests and answers of the API about agents and tasks, beside what agents register, submit and report.

import { z } from 'zod';
import { ApiTimeSchema } from '../api/server.ts';
import { ApiAgentSchema } from './agent.ts';
import { TaskContextSchema } from './knowledge.ts';
import { AgentIdSchema, TaskIdSchema } from './names.ts';
import { HandoutSchema, NoticeSchema } from './reports.ts';
import { ApiTaskSchema, TASK_STATUSES } from './task.ts';

/** The longest that one call waits for work: clients give up after 60 s. */
export const MAX_WAIT_SECONDS = 45;
/** Tasks that one heartbeat names. */
const MAX_HOLDING = 1_000;
const MAX_REASON_CHARS = 4_000;

const waitSeconds = z.number().min(0).max(MAX_WAIT_SECONDS).default(0);

/** A page: there are more as long as there is a cursor. */
export const ApiAgentListSchema = z.object({
  items: z.array(ApiAgentSchema),
  nextCursor: z.string().optional(),
});

/** A page; its tasks come without payload, result and what attempts left. */
export const ApiTaskListSchema = z.object({
  items: z.array(ApiTaskSchema),
  nextCursor: z.string().optional(),
});

export const AgentHeartbeatSchema = z.strictObject({
  /** Tasks that it has, with the numbers of their claims: what was offered did arrive. */
  holding: z
    .array(z.strictObject({ task_id: TaskIdSchema, claim: z.int().min(1) }))
    .max(MAX_HOLDING)
    .default([]),
});

export const AgentHeartbeatAnswerSchema = z.object({ notice: NoticeSchema });

export const NextTaskRequestSchema = z.strictObject({
  /** How long to wait when there is nothing now. */
  wait_seconds: waitSeconds,
  /** Whether the task is to come with what its project knows of it. */
  with_context: z.boolean().default(false),
});

/** The holder of a task asks whether somebody answered its question. */
export const TaskAnsweredRequestSchema = z.strictObject({
  agent_id: AgentIdSchema,
  claim: z.int().min(1),
  /** How long to wait for the answer. */
  wait_seconds: waitSeconds,
});

/** Without a task: there was nothing within the time. */
export const NextTaskSchema = HandoutSchema.partial().extend({
  context: TaskContextSchema.optional(),
  notice: NoticeSchema,
});

export const HandoutListSchema = z.object({ items: z.array(HandoutSchema) });

export const TaskCancellationSchema = z.strictObject({
  reason: z.string().max(MAX_REASON_CHARS).optional(),
});

/** One line of what happened to a task. */
export const TaskHappeningSchema = z.object({
  at: ApiTimeSchema,
  /** What changed it: `submit`, `assign`, `complete`, … */
  event: z.string(),
  /** After it. */
  status: z.enum(TASK_STATUSES),
  agent_id: z.string().optional(),
  claim: z.int(),
  /** What else is known of it. */
  detail: z.record(z.string(), z.json()).optional(),
});

/** Oldest first. */
export const TaskHistorySchema = z.object({ items: z.array(TaskHappeningSchema) });

export type AgentHeartbeat = z.input<typeof AgentHeartbeatSchema>;
export type NextTask = z.infer<typeof NextTaskSchema>;
export type TaskHappening = z.infer<typeof TaskHappeningSchema>;
