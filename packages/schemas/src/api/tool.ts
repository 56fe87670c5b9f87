// A tool of the catalog as the API shows it.

import { z } from 'zod';

export const ApiToolSchema = z.object({
  server: z.string(),
  /** The name that the server knows. */
  name: z.string(),
  /** The name at the federated endpoint. */
  exposedName: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  /** As the server declared it. */
  inputSchema: z.unknown(),
});

export type ApiTool = z.infer<typeof ApiToolSchema>;
