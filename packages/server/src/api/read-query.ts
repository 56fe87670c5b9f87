// What is asked for in the query of a request, by a schema. Each value is a text; a name that is given several times is read
// as one with commas, as lists are written.

import { z } from 'zod';
import { AppError } from '../kernel/errors.ts';

export function readQuery<Schema extends z.ZodObject>(
  given: Readonly<Record<string, readonly string[]>>,
  schema: Schema,
): z.output<Schema> {
  const texts = Object.fromEntries(Object.entries(given).map(([name, values]) => [name, values.join(',')]));
  const checked = schema.safeParse(texts);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'The query' : `"${issue.path.join('.')}"`;
  throw new AppError('invalid_params', `${where} is not as it should be: ${issue?.message ?? 'unknown'}.`);
}
