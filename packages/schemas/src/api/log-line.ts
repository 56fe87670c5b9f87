// One line of a server's log.

import { z } from 'zod';
import { ApiTimeSchema } from './server.ts';

export const ApiLogLineSchema = z.object({
  time: ApiTimeSchema,
  server: z.string(),
  /** `tutti` marks lines about the server: start, exit, restart; `log` are its MCP log messages that belong to no one client. */
  stream: z.enum(['stdout', 'stderr', 'log', 'tutti']),
  text: z.string(),
});

export type ApiLogLine = z.infer<typeof ApiLogLineSchema>;
