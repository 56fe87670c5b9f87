// The JSON body of a request: bounded while it comes in, and checked against its schema.

import type { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import { readText } from './read-text.ts';

/** Rejects with an AppError that says what is wrong with it. */
export async function readJsonBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  maxBytes: number,
): Promise<z.output<Schema>> {
  const checked = schema.safeParse(parse(await readText(request, maxBytes)));
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'The body' : `"${issue.path.join('.')}"`;
  throw new AppError('invalid_params', `${where} is not as it should be: ${issue?.message ?? 'unknown'}.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('parse_error', 'The body is no JSON; send an object.', { cause });
  }
}
