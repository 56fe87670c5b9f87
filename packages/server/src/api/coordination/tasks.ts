// Tasks over HTTP: submitted, listed, cancelled, done again. Whose a task is, is decided behind it.

import {
  ApprovalSchema,
  TaskAnswerSchema,
  TaskCancellationSchema,
  TaskSubmissionSchema,
} from '@tutti/schemas';
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { MAX_AGENT_BODY_BYTES, MAX_TASK_BODY_BYTES, readBody } from './body.ts';
import { callerOf } from './caller.ts';
import { happeningOf } from './happening.ts';
import { readTaskQuery } from './query.ts';
import { addReportRoutes } from './reports.ts';

const NothingSchema = z.strictObject({});

export function addTaskRoutes(api: Hono<ApiEnv>, deps: Pick<ApiDeps, 'coordination' | 'closing'>): void {
  const { tasks, contexts } = deps.coordination;
  const idOf = (c: Context<ApiEnv>): string => c.req.param('id') ?? '';

  api.get('/tasks', async (c) => c.json(await tasks.list(readTaskQuery(c))));
  api.post('/tasks', async (c) => {
    const { body, once } = await readBody(c, TaskSubmissionSchema, MAX_TASK_BODY_BYTES);
    return c.json(await tasks.submit(body, callerOf(c), once));
  });
  api.get('/tasks/:id', async (c) => c.json(await tasks.get(idOf(c))));
  api.get('/tasks/:id/history', async (c) =>
    c.json({ items: (await tasks.history(idOf(c))).map(happeningOf) }),
  );
  api.get('/tasks/:id/context', async (c) => c.json(await contexts.of(await tasks.get(idOf(c)))));
  api.get('/tasks/:id/why', async (c) => c.json(await tasks.why(idOf(c))));
  api.post('/tasks/:id/answer', async (c) => {
    const { body, once } = await readBody(c, TaskAnswerSchema, MAX_TASK_BODY_BYTES);
    return c.json(await tasks.answer(idOf(c), body, callerOf(c), once));
  });
  // Whoever may use this at all may approve: agents, people of this machine, administrators.
  api.post('/tasks/:id/approve', async (c) => {
    const { body, once } = await readBody(c, ApprovalSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await tasks.approve(idOf(c), body, callerOf(c), once));
  });
  api.post('/tasks/:id/cancel', async (c) => {
    const { body, once } = await readBody(c, TaskCancellationSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await tasks.cancel(idOf(c), body.reason, callerOf(c), once));
  });
  api.post('/tasks/:id/retry', async (c) => {
    const { once } = await readBody(c, NothingSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await tasks.retry(idOf(c), callerOf(c), once));
  });
  addReportRoutes(api, deps);
}
