// Threads over HTTP: begun, joined, left, archived, read, and waited in for answers.

import {
  CriticalThreadSchema,
  ResponsesRequestSchema,
  ThreadArchivalSchema,
  ThreadMemberSchema,
  ThreadSubmissionSchema,
} from '@tutti/schemas';
import type { Context, Hono } from 'hono';
import { MAX_WAIT_MS } from '../../coordination/dispatch/handouts.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { MAX_AGENT_BODY_BYTES, readBody } from './body.ts';
import { callerOf } from './caller.ts';
import { readThreadMessagesQuery, readThreadQuery } from './mail-query.ts';
import { MAX_MESSAGE_BODY_BYTES } from './messages.ts';
import { untilClosing } from './until-closing.ts';

export function addThreadRoutes(
  api: Hono<ApiEnv>,
  { coordination, closing }: Pick<ApiDeps, 'coordination' | 'closing'>,
): void {
  const { threads } = coordination;
  const idOf = (c: Context<ApiEnv>): string => c.req.param('id') ?? '';

  api.get('/threads', async (c) => c.json(await threads.list(readThreadQuery(c), callerOf(c))));
  api.post('/threads', async (c) => {
    const { body, once } = await readBody(c, ThreadSubmissionSchema, MAX_MESSAGE_BODY_BYTES);
    return c.json(await threads.create(body, callerOf(c), once));
  });
  api.post('/threads/critical', async (c) => {
    const { body, once } = await readBody(c, CriticalThreadSchema, MAX_MESSAGE_BODY_BYTES);
    const waitMs = Math.min(body.timeout_ms, MAX_WAIT_MS);
    return c.json(
      await untilClosing(c.req.raw.signal, closing, (signal) =>
        threads.createCritical(body, { waitMs, signal }, callerOf(c), once),
      ),
    );
  });
  api.get('/threads/:id', async (c) => c.json(await threads.get(idOf(c), callerOf(c))));
  api.get('/threads/:id/messages', async (c) =>
    c.json(await threads.messages(idOf(c), readThreadMessagesQuery(c), callerOf(c))),
  );
  api.post('/threads/:id/responses', async (c) => {
    const { body } = await readBody(c, ResponsesRequestSchema, MAX_AGENT_BODY_BYTES);
    return c.json(
      await untilClosing(c.req.raw.signal, closing, (signal) =>
        threads.responses(idOf(c), { waitMs: body.wait_seconds * 1_000, signal }, callerOf(c)),
      ),
    );
  });
  api.post('/threads/:id/join', async (c) => {
    const { body, once } = await readBody(c, ThreadMemberSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await threads.join(idOf(c), body.participant_id, callerOf(c), once));
  });
  for (const what of ['add', 'remove'] as const)
    api.post(`/threads/:id/${what}`, async (c) => {
      const { body, once } = await readBody(c, ThreadMemberSchema, MAX_AGENT_BODY_BYTES);
      const change = { threadId: idOf(c), by: body.by, once };
      return c.json(await threads[what](change, body.participant_id, callerOf(c)));
    });
  api.post('/threads/:id/archive', async (c) => {
    const { body, once } = await readBody(c, ThreadArchivalSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await threads.archive({ threadId: idOf(c), by: body.by, once }, callerOf(c)));
  });
}
