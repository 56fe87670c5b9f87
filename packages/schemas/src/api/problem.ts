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

/** `servers.yaml:12:5: warning: spec.timeout: …`, on one line that editors and terminals can jump from. */
export function problemLine({ path, line, column, field, message, severity }: ApiProblem): string {
  const kind = severity === 'warning' ? 'warning: ' : '';
  const where = field === undefined || field === '' ? '' : `${field}: `;
  return `${path}:${line}:${column}: ${kind}${where}${message}`;
}
