// Messages over HTTP: sent, taken, acknowledged, looked at. In whose name is decided behind it.

import {
  AckRequestSchema,
  MAX_MESSAGE_BYTES,
  MessageSubmissionSchema,
  TakeRequestSchema,
  UnackedRequestSchema,
} from '@tutti/schemas';
import type { Context, Hono } from 'hono';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { MAX_AGENT_BODY_BYTES, readBody } from './body.ts';
import { callerOf } from './caller.ts';
import { readInboxQuery } from './mail-query.ts';
import { untilClosing } from './until-closing.ts';

/** A content may take more as JSON than it has characters. */
export const MAX_MESSAGE_BODY_BYTES = 4 * MAX_MESSAGE_BYTES;

export function addMessageRoutes(
  api: Hono<ApiEnv>,
  { coordination, closing }: Pick<ApiDeps, 'coordination' | 'closing'>,
): void {
  const { messages } = coordination;
  const idOf = (c: Context<ApiEnv>): string => c.req.param('id') ?? '';

  api.post('/messages', async (c) => {
    const { body, once } = await readBody(c, MessageSubmissionSchema, MAX_MESSAGE_BODY_BYTES);
    return c.json(await messages.send(body, callerOf(c), once));
  });
  api.get('/messages/:id', async (c) => c.json(await messages.get(idOf(c), callerOf(c))));
  api.post('/inboxes/unacked', async (c) => {
    const { body } = await readBody(c, UnackedRequestSchema, MAX_AGENT_BODY_BYTES);
    return c.json({ items: await messages.unacked(body.participant_ids, callerOf(c)) });
  });
  api.get('/inboxes/:id', async (c) => c.json(await messages.inbox(idOf(c), callerOf(c))));
  api.get('/inboxes/:id/messages', async (c) =>
    c.json(await messages.list(idOf(c), readInboxQuery(c), callerOf(c))),
  );
  api.post('/inboxes/:id/take', async (c) => {
    const { body } = await readBody(c, TakeRequestSchema, MAX_AGENT_BODY_BYTES);
    const taken = await untilClosing(c.req.raw.signal, closing, (signal) =>
      messages.take(
        idOf(c),
        {
          threadId: body.thread_id,
          sinceMs: body.since === undefined ? undefined : Date.parse(body.since),
          limit: body.limit,
          wait: { waitMs: body.wait_seconds * 1_000, signal },
        },
        callerOf(c),
      ),
    );
    return c.json(taken);
  });
  api.post('/inboxes/:id/ack', async (c) => {
    const { body } = await readBody(c, AckRequestSchema, MAX_AGENT_BODY_BYTES);
    return c.json({ acked_count: await messages.ack(idOf(c), body.message_ids, callerOf(c)) });
  });
}
