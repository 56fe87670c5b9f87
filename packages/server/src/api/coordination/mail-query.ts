// What lists of messages and threads are asked for in the query.

import { MAX_PAGE_MESSAGES, THREAD_STATUSES } from '@tutti/schemas';
import { z } from 'zod';
import type { InboxQuery } from '../../coordination/messages-face.ts';
import type { Threads, ThreadsQuery } from '../../coordination/threads-face.ts';
import { numberValue, textValue } from '../query-values.ts';

/** Items of a page when `limit` is not given. */
const DEFAULT_LIMIT = 100;

const choice = <Word extends string>(words: readonly [Word, ...Word[]], description: string) =>
  z.enum(words).meta({ openapi: { type: 'string', enum: words, description } });

const order = choice(['newest', 'oldest'], 'Those before the cursor, or those behind it (newest).').default(
  'newest',
);
const cursor = z
  .string()
  .regex(/^\d{1,16}$/, 'must be as the page before ended')
  .transform(Number)
  .meta({ openapi: { type: 'string', description: 'The `nextCursor` of the page before.' } })
  .optional();
const limit = numberValue(
  { min: 1, most: MAX_PAGE_MESSAGES },
  `How many at the most (${DEFAULT_LIMIT}).`,
).default(DEFAULT_LIMIT);

export const InboxQuerySchema = z.strictObject({
  order,
  cursor,
  state: choice(['unread', 'unacked', 'all'], 'Only those that stand so (all).').default('all'),
  thread: textValue('Only those of this thread.').optional(),
  since: z.iso
    .datetime({ offset: true })
    .meta({ openapi: { type: 'string', format: 'date-time', description: 'Only those from then on.' } })
    .optional(),
  limit,
});

export const ThreadMessagesQuerySchema = z.strictObject({ order, cursor, limit });

export const ThreadQuerySchema = z.strictObject({
  participant: textValue('Only those that this participant is in.').optional(),
  status: choice(THREAD_STATUSES, 'Only those of this status.').optional(),
  limit,
  cursor: textValue('The `nextCursor` of the page before.').optional(),
});

export function inboxQuery({
  thread: threadId,
  since,
  cursor: from,
  ...rest
}: z.output<typeof InboxQuerySchema>): InboxQuery {
  return { ...rest, cursor: from, threadId, sinceMs: since === undefined ? undefined : Date.parse(since) };
}

export function threadMessagesQuery({
  cursor: from,
  ...rest
}: z.output<typeof ThreadMessagesQuerySchema>): Parameters<Threads['messages']>[1] {
  return { ...rest, cursor: from };
}

export function threadQuery({
  participant: participantId,
  ...rest
}: z.output<typeof ThreadQuerySchema>): ThreadsQuery {
  return { ...rest, participantId };
}
