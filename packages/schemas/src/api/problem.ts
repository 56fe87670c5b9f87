// A problem in the configuration: one place, what is wrong there, what to do.

import { z } from 'zod';

export const ApiProblemSchema = z.object({
  /** The file. */
  path: z.string(),
  line: z.int().positive(),
  column: z.int().positive(),
  /** The field as the file writes it: `spec.command`. */
  field: z.string().optional(),
  message: z.string(),
  /** An error keeps the declaration from taking effect, a warning does not. */
  severity: z.enum(['error', 'warning']),
});

export type ApiProblem = z.infer<typeof ApiProblemSchema>;
