// What agents are told of their leases beside other answers.

import { z } from 'zod';

/** What an agent has to know of its leases. */
export const LeaseNewsSchema = z.object({
  /** `lost`: it has it no more. `free`: what it waited for is kept for it for a little while. */
  kind: z.enum(['lost', 'free']),
  lease_id: z.string().optional(),
  space: z.string(),
  paths: z.array(z.string()),
  message: z.string(),
});

export type LeaseNews = z.infer<typeof LeaseNewsSchema>;
