// Agents over HTTP: registered, looked for, heard of, given work. Whose an agent is, is decided behind it.

import {
  AgentHeartbeatSchema,
  AgentRegistrationSchema,
  AgentReportSchema,
  MAX_CONCURRENT_TASKS,
  NextTaskRequestSchema,
} from '@tutti/schemas';
import type { Context, Hono } from 'hono';
import { AppError } from '../../kernel/errors.ts';
import { type Access, isSameHolder } from '../../policy/access.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { mayUse, RIGHTS } from '../rights.ts';
import { MAX_AGENT_BODY_BYTES, readBody } from './body.ts';
import { callerOf } from './caller.ts';
import { readAgentQuery } from './query.ts';
import { untilClosing } from './until-closing.ts';
import { createWorkStreams } from './work-stream.ts';

export function addAgentRoutes(
  api: Hono<ApiEnv>,
  deps: Pick<ApiDeps, 'coordination' | 'accesses' | 'origin' | 'closing'>,
): void {
  const { agents } = deps.coordination;
  const streams = createWorkStreams({ agents, accesses: deps.accesses, closing: deps.closing });
  const idOf = (c: Context<ApiEnv>): string => c.req.param('id') ?? '';
  /** Keys and roles change while a stream is open. */
  const worksStill = (began: Access): boolean => {
    const now = deps.accesses.byPrincipal(began.principal.id);
    if (now === undefined || !isSameHolder(began.credentials, now.credentials)) return false;
    return mayUse(deps, RIGHTS.work, now);
  };

  api.get('/agents', (c) => c.json(agents.find(readAgentQuery(c))));
  api.post('/agents', async (c) => {
    const { body } = await readBody(c, AgentRegistrationSchema, MAX_AGENT_BODY_BYTES);
    const registered = await agents.register(body, callerOf(c));
    streams.look(registered.id);
    return c.json(registered);
  });
  api.get('/agents/:id', async (c) => c.json(await agents.look(idOf(c))));
  api.delete('/agents/:id', async (c) => {
    await agents.deregister(idOf(c), callerOf(c));
    streams.look(idOf(c));
    return c.body(null, 204);
  });
  api.post('/agents/:id/report', async (c) => {
    const { body } = await readBody(c, AgentReportSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await agents.report(idOf(c), body, callerOf(c)));
  });
  api.post('/agents/:id/heartbeat', async (c) => {
    const { body } = await readBody(c, AgentHeartbeatSchema, MAX_AGENT_BODY_BYTES);
    return c.json({ notice: await agents.notice(idOf(c), callerOf(c), body.holding) });
  });
  for (const event of ['drain', 'hold', 'resume'] as const)
    api.post(`/agents/:id/${event}`, async (c) => c.json(await agents.command(idOf(c), event, callerOf(c))));
  api.get('/agents/:id/tasks', async (c) => c.json({ items: await agents.held(idOf(c), callerOf(c)) }));
  api.get('/agents/:id/work', async (c) => {
    const access = c.get('access');
    const slots = readSlots(c.req.query('slots'));
    await agents.alive(idOf(c), callerOf(c));
    return streams.open(idOf(c), slots, callerOf(c), () => worksStill(access));
  });
  api.post('/agents/:id/next', async (c) => {
    const { body } = await readBody(c, NextTaskRequestSchema, MAX_AGENT_BODY_BYTES);
    const by = callerOf(c);
    const handout = await untilClosing(c.req.raw.signal, deps.closing, (signal) =>
      agents.next(idOf(c), body.wait_seconds * 1_000, by, signal),
    );
    return c.json({ ...handout, notice: await agents.notice(idOf(c), by) });
  });
}

function readSlots(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const slots = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (slots >= 1 && slots <= MAX_CONCURRENT_TASKS) return slots;
  throw new AppError('invalid_params', `"slots" must be a number from 1 to ${MAX_CONCURRENT_TASKS}.`);
}
