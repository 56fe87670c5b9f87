// Projects and goals over HTTP.

import {
  ExternalLinkSchema,
  GOAL_STATUSES,
  GoalChangeSchema,
  MAX_PROJECT_PAGE,
  NewGoalSchema,
  NewProjectSchema,
  PROJECT_STATUSES,
  ProjectChangeSchema,
  WorkflowLinkSchema,
} from '@tutti/schemas';
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { MAX_AGENT_BODY_BYTES, readBody } from './body.ts';
import { callerOf } from './caller.ts';
import { limit, readQuery, text, wordsOf } from './query.ts';

const page = {
  limit: limit.transform((value) => Math.min(value, MAX_PROJECT_PAGE)),
  cursor: text.optional(),
};
const ProjectQuerySchema = z.strictObject({ status: wordsOf(PROJECT_STATUSES).optional(), ...page });
const GoalQuerySchema = z.strictObject({
  status: wordsOf(GOAL_STATUSES).optional(),
  project: text.optional(),
  ...page,
});
const ExternalQuerySchema = z.strictObject({ workflow: text });
const GoalWorkflowSchema = WorkflowLinkSchema.omit({ goal_id: true });

export function addProjectRoutes(api: Hono<ApiEnv>, { coordination }: Pick<ApiDeps, 'coordination'>): void {
  const { projects } = coordination;
  const idOf = (c: Context<ApiEnv>): string => c.req.param('id') ?? '';

  api.get('/projects', async (c) => {
    const { status: statuses, ...rest } = readQuery(c, ProjectQuerySchema);
    return c.json(await projects.list({ ...rest, statuses }));
  });
  api.post('/projects', async (c) => {
    const { body, once } = await readBody(c, NewProjectSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await projects.create(body, callerOf(c), once));
  });
  api.get('/projects/external-links', async (c) => {
    const { workflow } = readQuery(c, ExternalQuerySchema);
    return c.json({ items: await projects.externalLinks(workflow) });
  });
  api.post('/projects/external-links', async (c) => {
    const { body, once } = await readBody(c, ExternalLinkSchema, MAX_AGENT_BODY_BYTES);
    await projects.linkStep(body, callerOf(c), once);
    return c.json(body);
  });
  api.get('/projects/:id', async (c) => c.json(await projects.get(idOf(c))));
  api.patch('/projects/:id', async (c) => {
    const { body, once } = await readBody(c, ProjectChangeSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await projects.update(idOf(c), body, callerOf(c), once));
  });
  api.get('/goals', async (c) => {
    const { status: statuses, project: projectId, ...rest } = readQuery(c, GoalQuerySchema);
    return c.json(await projects.goals({ ...rest, statuses, projectId }));
  });
  api.post('/goals', async (c) => {
    const { body, once } = await readBody(c, NewGoalSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await projects.createGoal(body, callerOf(c), once));
  });
  api.get('/goals/:id', async (c) => c.json(await projects.goal(idOf(c))));
  api.patch('/goals/:id', async (c) => {
    const { body, once } = await readBody(c, GoalChangeSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await projects.updateGoal(idOf(c), body, callerOf(c), once));
  });
  api.post('/goals/:id/workflows', async (c) => {
    const { body, once } = await readBody(c, GoalWorkflowSchema, MAX_AGENT_BODY_BYTES);
    return c.json(await projects.linkWorkflow({ ...body, goal_id: idOf(c) }, callerOf(c), once));
  });
}
