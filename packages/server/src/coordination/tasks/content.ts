// What tasks carry: payloads, results, what is handed over. JSON text within a limit.

import { MAX_TASK_CONTENT_BYTES } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import type { Change } from './book.ts';
import type { TaskPart } from './queries.ts';

/** The value as JSON text; undefined stays undefined. */
export function checkedContent(what: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_TASK_CONTENT_BYTES) return text;
  throw new AppError(
    'too_large',
    `${what}: ${bytes} bytes of JSON; at most ${MAX_TASK_CONTENT_BYTES} are kept. Put it into a file and send its path.`,
    { details: { limit: MAX_TASK_CONTENT_BYTES } },
  );
}

/** Keeps a part of a task; nothing for no text. */
export function contentChange(taskId: string, part: TaskPart, body: string | undefined): readonly Change[] {
  return body === undefined ? [] : [{ kind: 'content', row: { task_id: taskId, part, body } }];
}
