// The body of every failure of the API: application/problem+json (RFC 9457) with Tutti's own stable code.

import { z } from 'zod';
import { ApiProblemSchema } from './problem.ts';

export const ApiErrorBodySchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  /** What of several things with this code it was: `stale_claim`. Stable. */
  kind: z.string().optional(),
  /** Of documents that can't be declared: what is wrong where. */
  problems: z.array(ApiProblemSchema).optional(),
});

export type ApiErrorBody = z.infer<typeof ApiErrorBodySchema>;
