// A call that is held for a client which does not wait for it, as the API shows it.

import { z } from 'zod';

export const ApiResultSchema = z.object({
  /** Good for the principal that made the call, and for nobody else. */
  handle: z.string(),
  principal: z.string(),
  server: z.string(),
  tool: z.string().optional(),
  status: z.enum(['working', 'completed', 'failed', 'cancelled']),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  /** When it is forgotten. */
  expiresAt: z.iso.datetime().optional(),
  /** What the call came to; only where one result is asked for. */
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).optional(),
});

export type ApiResult = z.infer<typeof ApiResultSchema>;
