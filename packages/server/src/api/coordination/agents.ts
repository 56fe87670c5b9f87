// Agents over HTTP: registered, looked for, heard of, given work. Whose an agent is, is decided behind it.

import {
  AgentHeartbeatAnswerSchema,
  AgentHeartbeatSchema,
  AgentRegistrationSchema,
  AgentReportSchema,
  ApiAgentListSchema,
  ApiAgentSchema,
  HandoutListSchema,
  HandoutSchema,
  LostClaimSchema,
  MAX_CONCURRENT_TASKS,
  NextTaskRequestSchema,
  NextTaskSchema,
  WORK_EVENTS,
} from '@tutti/schemas';
import { z } from 'zod';
import { type Access, isSameHolder } from '../../policy/access.ts';
import type { ApiDeps } from '../deps.ts';
import { mayUse, RIGHTS } from '../rights.ts';
import { get, post, remove, type RouteGroup } from '../route.ts';
import { MAX_AGENT_BODY_BYTES } from './body.ts';
import { callerOf } from './caller.ts';
import { agentQuery, AgentQuerySchema } from './query.ts';
import { untilClosing } from './until-closing.ts';

const SLOTS_RULE = `must be a number from 1 to ${MAX_CONCURRENT_TASKS}`;
const WorkQuerySchema = z.object({
  slots: z
    .string()
    .regex(/^\d{1,3}$/, SLOTS_RULE)
    .transform(Number)
    .pipe(z.int().min(1, SLOTS_RULE).max(MAX_CONCURRENT_TASKS, SLOTS_RULE))
    .meta({
      openapi: {
        type: 'integer',
        minimum: 1,
        maximum: MAX_CONCURRENT_TASKS,
        description: 'Tasks at once; as many as the agent does at once when left out.',
      },
    })
    .optional(),
});

const COMMANDS = {
  drain: 'The agent is going: it gets nothing new, and keeps what it has.',
  hold: 'The agent gets nothing new until it is resumed.',
  resume: 'The agent is given tasks again.',
} as const;

export const AGENT_ROUTES: RouteGroup = {
  tag: 'Agents',
  about: 'Participants that do work: they register, say how they are, and are given tasks.',
  routes: [
    get('/api/v1/agents', 'Agents that are registered, by id, page by page.')
      .query(AgentQuerySchema)
      .answers(ApiAgentListSchema, ({ query }, { coordination: { agents } }) =>
        agents.find(agentQuery(query)),
      ),
    post('/api/v1/agents', 'Registers an agent. The same id again changes what it says of itself.')
      .body(AgentRegistrationSchema, MAX_AGENT_BODY_BYTES)
      .fails('conflict', 'overloaded')
      .answers(ApiAgentSchema, async ({ c, body }, { coordination: { agents }, streams }) => {
        const registered = await agents.register(body, callerOf(c));
        streams.look(registered.id);
        return registered;
      }),
    get('/api/v1/agents/:id', 'One agent, with what it has shown by class of tasks.').answers(
      ApiAgentSchema,
      ({ param }, { coordination: { cards } }) => cards.measured(param('id')),
    ),
    remove('/api/v1/agents/:id', 'Takes the agent away; its work is handed back.').ends(
      async ({ c, param }, { coordination: { agents }, streams }) => {
        await agents.deregister(param('id'), callerOf(c));
        streams.look(param('id'));
      },
    ),
    post('/api/v1/agents/:id/report', 'What the agent says of itself; counts as a heartbeat.')
      .body(AgentReportSchema, MAX_AGENT_BODY_BYTES)
      .answers(ApiAgentSchema, ({ c, param, body }, { coordination: { agents } }) =>
        agents.report(param('id'), body, callerOf(c)),
      ),
    post('/api/v1/agents/:id/heartbeat', 'The agent is alive; what it has to know.')
      .body(AgentHeartbeatSchema, MAX_AGENT_BODY_BYTES)
      .answers(AgentHeartbeatAnswerSchema, async ({ c, param, body }, { coordination: { agents } }) => ({
        notice: await agents.notice(param('id'), callerOf(c), body.holding),
      })),
    ...(['drain', 'hold', 'resume'] as const).map((event) =>
      post(`/api/v1/agents/:id/${event}`, COMMANDS[event]).answers(
        ApiAgentSchema,
        ({ c, param }, { coordination: { agents } }) => agents.command(param('id'), event, callerOf(c)),
      ),
    ),
    get('/api/v1/agents/:id/tasks', 'What the agent holds now.').answers(
      HandoutListSchema,
      async ({ c, param }, { coordination: { agents } }) => ({
        items: await agents.held(param('id'), callerOf(c)),
      }),
    ),
    get(
      '/api/v1/agents/:id/work',
      'The work of the agent as it comes: first what it holds. While the stream is open, the agent is given tasks.',
    )
      .query(WorkQuerySchema)
      .fails('overloaded')
      .sends(
        { events: { [WORK_EVENTS.task]: HandoutSchema, [WORK_EVENTS.lost]: LostClaimSchema } },
        async ({ c, param, query }, deps) => {
          const access = c.get('access');
          await deps.coordination.agents.alive(param('id'), callerOf(c));
          return deps.streams.open(param('id'), query.slots, callerOf(c), () => worksStill(deps, access));
        },
      ),
    post('/api/v1/agents/:id/next', 'The next task for the agent; waits for one where it is told to.')
      .body(NextTaskRequestSchema, MAX_AGENT_BODY_BYTES)
      .fails('unavailable')
      .answers(
        NextTaskSchema,
        async ({ c, param, body }, { coordination: { agents, contexts }, closing }) => {
          const by = callerOf(c);
          const handout = await untilClosing(c.req.raw.signal, closing, (signal) =>
            agents.next(param('id'), body.wait_seconds * 1_000, by, signal),
          );
          const context =
            handout !== undefined && body.with_context ? await contexts.of(handout.task) : undefined;
          return { ...handout, context, notice: await agents.notice(param('id'), by) };
        },
      ),
  ],
};

/** Keys and roles change while a stream is open. */
function worksStill(deps: Pick<ApiDeps, 'accesses' | 'origin'>, began: Access): boolean {
  const now = deps.accesses.byPrincipal(began.principal.id);
  if (now === undefined || !isSameHolder(began.credentials, now.credentials)) return false;
  return mayUse(deps, RIGHTS.work, now);
}
