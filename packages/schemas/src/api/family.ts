// A family as the API shows it: equal servers whose common tools are shown once.

import { z } from 'zod';

export const ApiFamilySchema = z.object({
  name: z.string(),
  /** The argument of its tools that says which server is meant. */
  instanceArg: z.string(),
  /** Whether one call may go to all members, with `*`. */
  fanOut: z.boolean(),
  /** All members. */
  servers: z.array(z.string()),
  tools: z.array(
    z.object({
      /** The name that the members know. */
      name: z.string(),
      exposedName: z.string(),
      /** Those that have it. */
      members: z.array(z.string()),
    }),
  ),
  /** What is not as one would expect: tools that stay with their servers, and why. */
  problems: z.array(z.object({ servers: z.array(z.string()), message: z.string() })),
});

export type ApiFamily = z.infer<typeof ApiFamilySchema>;
