// Leases of files over HTTP. Whose an agent is, and so its leases, is decided behind it.

import { LeaseCheckSchema, LeaseReleaseSchema, LeaseRequestSchema } from '@tutti/schemas';
import type { Hono } from 'hono';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { MAX_TASK_BODY_BYTES, MAX_AGENT_BODY_BYTES, readBody } from './body.ts';
import { callerOf } from './caller.ts';
import { readLeaseQuery } from './query.ts';
import { untilClosing } from './until-closing.ts';

export function addLeaseRoutes(
  api: Hono<ApiEnv>,
  { coordination, closing }: Pick<ApiDeps, 'coordination' | 'closing'>,
): void {
  const { leases } = coordination;

  api.get('/leases', async (c) => c.json(await leases.list(readLeaseQuery(c))));
  api.post('/leases', async (c) => {
    const { body } = await readBody(c, LeaseRequestSchema, MAX_AGENT_BODY_BYTES);
    const answer = await untilClosing(c.req.raw.signal, closing, (signal) =>
      leases.acquire(body, callerOf(c), signal),
    );
    return c.json(answer);
  });
  api.post('/leases/release', async (c) => {
    const { body } = await readBody(c, LeaseReleaseSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await leases.release(body, callerOf(c)));
  });
  api.post('/leases/check', async (c) => {
    const { body } = await readBody(c, LeaseCheckSchema, MAX_TASK_BODY_BYTES);
    return c.json(await leases.check(body));
  });
  api.get('/leases/:id', async (c) => c.json(await leases.get(c.req.param('id'))));
}
