// Something that happened to a resource, with a stable reason.

import { z } from 'zod';
import { ApiTimeSchema } from './server.ts';

export const ApiEventSchema = z.object({
  time: ApiTimeSchema,
  type: z.enum(['Normal', 'Warning']),
  /** The kind and name of what it is about: `MCPServer`, `github`; or `Store`, `tutti`. */
  kind: z.string(),
  name: z.string(),
  /** `MCPServerStarted`, `MCPServerToolsDiscovered`, … */
  reason: z.string(),
  message: z.string(),
  /** Where several hosts share a store: another one than that which answers, at which it happened. */
  host: z.string().optional(),
});

export type ApiEvent = z.infer<typeof ApiEventSchema>;
