// The body of every failure of the API: application/problem+json (RFC 9457) with Tutti's own stable code.

import { z } from 'zod';
import { ApiProblemSchema } from './problem.ts';

export const ApiErrorBodySchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  /** Values that explain it: `kind`, a limit. */
  details: z.record(z.string(), z.unknown()).optional(),
  /** Of documents that can't be declared: what is wrong where. */
  problems: z.array(ApiProblemSchema).optional(),
});

export type ApiErrorBody = z.infer<typeof ApiErrorBodySchema>;
