// What the holder of a task says of it. Each report carries the number of its claim: one that is not in force any more is
// refused, and nothing changes.

import { z } from 'zod';
import { UsageSchema } from './budget.ts';
import { EvidenceListSchema } from './evidence.ts';
import { LeaseNewsSchema } from './lease-news.ts';
import { AgentIdSchema, TaskIdSchema } from './names.ts';
import { ApiTaskSchema, PROMPT_TYPES } from './task.ts';

const MAX_TEXT_CHARS = 4_000;

const claimed = {
  agent_id: AgentIdSchema,
  /** The fencing number that the task was handed out with. */
  claim: z.int().min(1),
};

/** The agent has the task and begins. Until then the task counts as offered, and is offered again when nothing comes. */
export const TaskStartSchema = z.strictObject(claimed);

export const TaskProgressSchema = z.strictObject({
  ...claimed,
  progress: z.number().min(0).max(1).optional(),
  /** For people. */
  message: z.string().max(MAX_TEXT_CHARS).optional(),
  /** Kept for the next attempt, should this one not end. */
  partial_result: z.json().optional(),
});

export const TaskCompletionSchema = z.strictObject({
  ...claimed,
  result: z.json().optional(),
  /** For the proofs that the task demands. */
  evidence: EvidenceListSchema.optional(),
  /** What the attempt used; left out: as much as it had reserved. */
  usage: UsageSchema.optional(),
});

/** More evidence for a task that waits for proofs; with none, what there is is looked at again. */
export const TaskProofSchema = z.strictObject({ ...claimed, evidence: EvidenceListSchema.default([]) });

export const TaskFailureSchema = z.strictObject({
  ...claimed,
  error: z.string().min(1).max(MAX_TEXT_CHARS),
  /** Whether another attempt may succeed. */
  retryable: z.boolean().default(true),
  partial_result: z.json().optional(),
  usage: UsageSchema.optional(),
});

/** The agent gives the task back without having failed. */
export const TaskReleaseSchema = z.strictObject({
  ...claimed,
  reason: z.string().max(MAX_TEXT_CHARS).default(''),
  partial_result: z.json().optional(),
});

/** The agent asks a person. */
export const TaskQuestionSchema = z.strictObject({
  ...claimed,
  prompt: z.string().min(1).max(MAX_TEXT_CHARS),
  type: z.enum(PROMPT_TYPES).default('text'),
  choices: z.array(z.string().max(1_000)).max(100).optional(),
  default: z.json().optional(),
  required: z.boolean().default(true),
  /** Seconds. */
  timeout: z.number().min(1).max(86_400).default(300),
});

/** What a person answers. */
export const TaskAnswerSchema = z.strictObject({
  /** Left out: the default of the question. */
  response: z.json().optional(),
  /** The person does not want to answer; the agent is told so. */
  cancelled: z.boolean().default(false),
});

/** What the holder of a task learns of its question. */
export const AnsweredSchema = z.object({
  /** False: nobody has answered yet; ask again. */
  answered: z.boolean(),
  response: z.json().optional(),
  cancelled: z.boolean().optional(),
  /** The principal; `nobody` where the default counts because the time was over. */
  by: z.string().optional(),
});

/** What an agent must know before it goes on; it rides on every answer to it. */
export const NoticeSchema = z.object({
  /** Messages that it has not read. */
  unread: z.int(),
  /** The oldest of those that it has to acknowledge before it changes anything. */
  must_read: z
    .array(z.object({ message_id: z.string(), sender_id: z.string(), thread_id: z.string().optional() }))
    .default([]),
  /** Tasks that are offered to it and not begun. */
  offered: z.array(z.object({ task_id: z.string(), claim: z.int() })),
  /** Tasks of its own that wait for proofs that it has to bring; left out when there are none. */
  unproven: z.array(z.object({ task_id: z.string(), claim: z.int(), why: z.string() })).optional(),
  /** Tasks that it had and has no more, with the reason; each is told once. */
  lost: z.array(z.object({ task_id: z.string(), claim: z.int(), reason: z.string() })),
  /** Leases of files that it lost, and files that it waited for; each is told once. */
  leases: z.array(LeaseNewsSchema).optional(),
});

/** A task that was handed out. */
export const HandoutSchema = z.object({ task: ApiTaskSchema, claim: z.int() });

/** What happens to the work of an agent, as its watch tells it. */
export const WORK_EVENTS = {
  /** A task is handed out (again): a Handout. */
  task: 'task',
  /** A claim is not in force any more; stop: {task_id, claim, reason}. */
  lost: 'lost',
  /** Nothing to do. */
  idle: 'idle',
} as const;

export const LostClaimSchema = z.object({ task_id: TaskIdSchema, claim: z.int(), reason: z.string() });

export type TaskStart = z.infer<typeof TaskStartSchema>;
export type TaskProgress = z.infer<typeof TaskProgressSchema>;
export type TaskCompletion = z.infer<typeof TaskCompletionSchema>;
export type TaskProof = z.input<typeof TaskProofSchema>;
export type TaskFailure = z.input<typeof TaskFailureSchema>;
export type TaskRelease = z.input<typeof TaskReleaseSchema>;
export type TaskAnswer = z.infer<typeof TaskAnswerSchema>;
export type TaskAnswerInput = z.input<typeof TaskAnswerSchema>;
export type Answered = z.infer<typeof AnsweredSchema>;
export type TaskQuestion = z.infer<typeof TaskQuestionSchema>;
export type Notice = z.infer<typeof NoticeSchema>;
export type Handout = z.infer<typeof HandoutSchema>;
export type LostClaim = z.infer<typeof LostClaimSchema>;
