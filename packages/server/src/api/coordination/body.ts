// Bodies of requests about agents and tasks. One that may be left out is read as `{}`.

import { MAX_TASK_CONTENT_BYTES } from '@tutti/schemas';
import type { Context } from 'hono';
import type { z } from 'zod';
import type { Once } from '../../coordination/tasks/book.ts';
import type { ApiEnv } from '../deps.ts';
import { parseJsonBody } from '../json-body.ts';
import { readText } from '../read-text.ts';
import { onceOf } from './once.ts';

/** Bytes of a body that carries content; what it carries has a limit of its own below this. */
export const MAX_TASK_BODY_BYTES = 2 * MAX_TASK_CONTENT_BYTES;
/** Bytes of any other body. */
export const MAX_AGENT_BODY_BYTES = 256 * 1024;

export async function readBody<Schema extends z.ZodType>(
  c: Context<ApiEnv>,
  schema: Schema,
  maxBytes: number,
): Promise<{ readonly body: z.output<Schema>; readonly once: Once | undefined }> {
  const text = await readText(c.req.raw, maxBytes);
  return { body: parseJsonBody(text.trim() === '' ? '{}' : text, schema), once: onceOf(c, text) };
}
