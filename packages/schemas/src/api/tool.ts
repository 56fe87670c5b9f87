// A tool of the catalog as the API shows it.

import { z } from 'zod';

export const ApiToolSchema = z.object({
  /** The server; of a family's tool, the name of the family. */
  server: z.string(),
  /** The servers that a family's tool may be called on; absent for a tool of one server. */
  members: z.array(z.string()).optional(),
  /** The name that the server knows. */
  name: z.string(),
  /** The name at the endpoint. */
  exposedName: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  /** Not as it was approved: another definition was, or none. Tools that are held back for it are not listed. */
  pin: z.enum(['changed', 'new']).optional(),
  /** As the server declared it, and for a family with the argument that names the member. */
  inputSchema: z.unknown(),
});

export type ApiTool = z.infer<typeof ApiToolSchema>;
