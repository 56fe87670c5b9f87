// The JSON body of a request: bounded while it comes in, and checked against its schema.

import type { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import { readText } from './read-text.ts';

/** Arrays and objects inside each other. What is deeper can't be walked through everywhere that it goes. */
export const MAX_JSON_DEPTH = 100;

/** Rejects with an AppError that says what is wrong with it. */
export async function readJsonBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  maxBytes: number,
): Promise<z.output<Schema>> {
  return parseJsonBody(await readText(request, maxBytes), schema);
}

/** Throws an AppError that says what is wrong with it. */
export function parseJsonBody<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> {
  if (depthOf(text) > MAX_JSON_DEPTH)
    throw new AppError(
      'invalid_params',
      `The body nests arrays and objects deeper than ${MAX_JSON_DEPTH}; send it flatter, or as one string.`,
    );
  const checked = schema.safeParse(parse(text));
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

/** How deep brackets stand in each other, outside of strings. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, (depth += 1));
    else if (token === ']' || token === '}') depth -= 1;
  }
  return deepest;
}
