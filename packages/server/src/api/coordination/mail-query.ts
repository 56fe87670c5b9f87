// What lists of messages and threads are asked for in the query.

import { MAX_PAGE_MESSAGES, THREAD_STATUSES } from '@tutti/schemas';
import type { Context } from 'hono';
import { z } from 'zod';
import type { InboxQuery } from '../../coordination/messages-face.ts';
import type { Threads, ThreadsQuery } from '../../coordination/threads-face.ts';
import type { ApiEnv } from '../deps.ts';
import { limitUpTo, readQuery, text } from './query.ts';

const order = z.enum(['newest', 'oldest']).default('newest');
const cursor = z
  .string()
  .regex(/^\d{1,16}$/, 'must be as the page before ended')
  .transform(Number)
  .optional();
const limit = limitUpTo(MAX_PAGE_MESSAGES);

const InboxQuerySchema = z.strictObject({
  order,
  cursor,
  state: z.enum(['unread', 'unacked', 'all']).default('all'),
  thread: text.optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  limit,
});

const ThreadMessagesQuerySchema = z.strictObject({ order, cursor, limit });

const ThreadQuerySchema = z.strictObject({
  participant: text.optional(),
  status: z.enum(THREAD_STATUSES).optional(),
  limit,
  cursor: text.optional(),
});

export function readInboxQuery(c: Context<ApiEnv>): InboxQuery {
  const { thread: threadId, since, cursor: from, ...rest } = readQuery(c, InboxQuerySchema);
  return { ...rest, cursor: from, threadId, sinceMs: since === undefined ? undefined : Date.parse(since) };
}

export function readThreadMessagesQuery(c: Context<ApiEnv>): Parameters<Threads['messages']>[1] {
  const { cursor: from, ...rest } = readQuery(c, ThreadMessagesQuerySchema);
  return { ...rest, cursor: from };
}

export function readThreadQuery(c: Context<ApiEnv>): ThreadsQuery {
  const { participant: participantId, ...rest } = readQuery(c, ThreadQuerySchema);
  return { ...rest, participantId };
}
