// Why a task stands where it stands: what it waits for, why an agent has it, why it was tried again, what would unblock it.

import { z } from 'zod';
import { ApiTimeSchema } from '../api/server.ts';
import { TASK_REASONS, TASK_STATUSES } from './task.ts';

export const ApiTaskWhySchema = z.object({
  id: z.string(),
  status: z.enum(TASK_STATUSES),
  reason: z.enum(TASK_REASONS).optional(),
  /** One sentence for people. */
  summary: z.string(),
  /** What would let it go on; empty where nothing has to be done. */
  next: z.array(z.string()),
  /** How many agents each obstacle keeps from it; for a task that waits for an agent. */
  agents: z.object({ free: z.int(), suiting: z.int(), obstacles: z.record(z.string(), z.int()) }).optional(),
  /** Tasks before it in its line. */
  ahead: z.int().optional(),
  /** Why this agent has it, or had it last. */
  assignment: z
    .object({
      agent_id: z.string(),
      claim: z.int(),
      at: ApiTimeSchema,
      /** How many agents suited. */
      among: z.int().optional(),
      /** What made it the best: points for free slots, preferred tags, what it has shown. */
      score: z.record(z.string(), z.number()).optional(),
    })
    .optional(),
  /** How earlier claims ended. */
  attempts: z.array(
    z.object({
      claim: z.int(),
      agent_id: z.string().optional(),
      ended_by: z.string(),
      message: z.string().optional(),
      at: ApiTimeSchema,
    }),
  ),
});

export type ApiTaskWhy = z.infer<typeof ApiTaskWhySchema>;
