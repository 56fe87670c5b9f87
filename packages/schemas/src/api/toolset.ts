// A toolset as the API shows it: what was declared, and what is shown of it now.

import { z } from 'zod';
import { ApiConditionSchema, ApiOriginSchema } from './server.ts';

export const ApiToolsetSchema = z.object({
  name: z.string(),
  description: z.string().optional(),
  /** Where clients find it. */
  url: z.string(),
  origin: ApiOriginSchema.optional(),
  toolCount: z.int().nonnegative(),
  promptCount: z.int().nonnegative(),
  resourceCount: z.int().nonnegative(),
  /** The servers of which something is shown. */
  servers: z.array(z.string()),
  conditions: z.array(ApiConditionSchema),
});

export type ApiToolset = z.infer<typeof ApiToolsetSchema>;
