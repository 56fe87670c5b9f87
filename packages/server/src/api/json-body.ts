// The JSON body of a request: bounded while it comes in, and checked against its schema.

import type { z } from 'zod';
import { AppError } from '../kernel/errors.ts';

/** Arrays and objects inside each other. What is deeper can't be walked through everywhere that it goes. */
export const MAX_JSON_DEPTH = 100;

/** Throws an AppError that says what is wrong with it, and with `expected` what to send. */
export function parseJsonBody<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  expected = '',
): z.output<Schema> {
  if (depthOf(text) > MAX_JSON_DEPTH)
    throw new AppError(
      'invalid_params',
      `The body nests arrays and objects deeper than ${MAX_JSON_DEPTH}; send it flatter, or as one string.`,
    );
  const checked = schema.safeParse(parse(text, expected || 'send an object.'));
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'The body' : `"${issue.path.join('.')}"`;
  const what = `${where} is not as it should be: ${issue?.message ?? 'unknown'}.`;
  throw new AppError('invalid_params', `${what} ${expected}`.trim());
}

function parse(text: string, expected: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('parse_error', `The body is no JSON; ${expected}`, { cause });
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
