// Arguments that many of the tools have.

import { AgentIdSchema, TaskIdSchema } from '@tutti/schemas';
import { z } from 'zod';

const MAX_KEY_CHARS = 256;

/** For every tool that changes something. */
export const once = {
  idempotency_key: z
    .string()
    .min(1)
    .max(MAX_KEY_CHARS)
    .optional()
    .describe('The same call with the same key again does nothing more and gets the first answer.'),
};

export const agentId = AgentIdSchema.describe('Your agent: the id that you registered.');

/** Where it makes no difference to what is answered. */
export const asAgent = {
  agent_id: AgentIdSchema.optional().describe('Your agent, if you are one: it counts as a sign of life.'),
};

export const taskId = TaskIdSchema.describe('The id of the task.');

/** Whoever reports about a task holds it. */
export const claimed = {
  agent_id: agentId,
  task_id: taskId,
  claim: z.int().min(1).describe('The number that the task was handed out with.'),
};

interface Claimed {
  readonly agent_id: string;
  readonly task_id: string;
  readonly claim: number;
}

export function reportOf({ agent_id: agentId, task_id: taskId, claim }: Claimed) {
  return { agentId, taskId, claim };
}
