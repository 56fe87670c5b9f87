// What an agent has shown with tasks of one class, as it was measured where its claims ended.

import { z } from 'zod';
import { ApiTimeSchema } from '../api/server.ts';

/** Classes of tasks that figures are kept of for one agent: those that ended last. */
export const MAX_CLASSES_PER_AGENT = 100;

/** Tasks that ask for the same are one class. */
export const ApiFiguresSchema = z.object({
  domain: z.string(),
  capabilities: z.array(z.string()),
  tags: z.array(z.string()),
  /** Attempts. */
  completed: z.int(),
  /** Attempts that failed, and claims that ran out after the work had begun. */
  failed: z.int(),
  /** Completed among all of these: 0 to 1. */
  success_rate: z.number(),
  /** Of an attempt; the time that it waited for people or proofs is left out. */
  mean_duration_ms: z.number(),
  /** Attempts whose agent said what they had used; what follows is the sum of these. */
  metered: z.int(),
  tokens: z.int(),
  /** Millionths of the currency that the installation reckons in. */
  money_micros: z.int(),
  last_ended_at: ApiTimeSchema,
});

export type ApiFigures = z.infer<typeof ApiFiguresSchema>;
