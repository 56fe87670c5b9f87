// Projects and goals over HTTP.

import {
  ApiExternalLinkListSchema,
  ApiGoalListSchema,
  ApiGoalSchema,
  ApiProjectListSchema,
  ApiProjectSchema,
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
import { z } from 'zod';
import { choicesValue, numberValue, textValue } from '../query-values.ts';
import { get, patch, post, type RouteGroup } from '../route.ts';
import { MAX_AGENT_BODY_BYTES } from './body.ts';
import { callerOf } from './caller.ts';
import { page } from './query.ts';

const shortPage = {
  ...page,
  limit: numberValue(
    { min: 1, most: MAX_PROJECT_PAGE },
    `How many at the most (${MAX_PROJECT_PAGE}).`,
  ).default(MAX_PROJECT_PAGE),
};
const ProjectQuerySchema = z.strictObject({
  status: choicesValue(PROJECT_STATUSES, 'Only of these statuses.').optional(),
  ...shortPage,
});
const GoalQuerySchema = z.strictObject({
  status: choicesValue(GOAL_STATUSES, 'Only of these statuses.').optional(),
  project: textValue('Only of this project.').optional(),
  ...shortPage,
});
const ExternalQuerySchema = z.strictObject({ workflow: textValue('Of the steps of this workflow.') });
const GoalWorkflowSchema = WorkflowLinkSchema.omit({ goal_id: true });

export const PROJECT_ROUTES: RouteGroup = {
  tag: 'Projects',
  about: 'What work is for, and how far it is.',
  routes: [
    get('/api/v1/projects', 'Projects, page by page.')
      .query(ProjectQuerySchema)
      .answers(
        ApiProjectListSchema,
        ({ query: { status: statuses, ...rest } }, { coordination: { projects } }) =>
          projects.list({ ...rest, statuses }),
      ),
    post('/api/v1/projects', 'Begins a project.')
      .body(NewProjectSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .fails('conflict', 'overloaded')
      .answers(ApiProjectSchema, ({ c, body, once }, { coordination: { projects } }) =>
        projects.create(body, callerOf(c), once),
      ),
    get('/api/v1/projects/external-links', 'What the steps of a workflow are called in other systems.')
      .query(ExternalQuerySchema)
      .answers(ApiExternalLinkListSchema, async ({ query }, { coordination: { projects } }) => ({
        items: await projects.externalLinks(query.workflow),
      })),
    post('/api/v1/projects/external-links', 'Says what a step is called in another system.')
      .body(ExternalLinkSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .fails('overloaded')
      .answers(ExternalLinkSchema, async ({ c, body, once }, { coordination: { projects } }) => {
        await projects.linkStep(body, callerOf(c), once);
        return body;
      }),
    get('/api/v1/projects/:id', 'One project, with its progress.').answers(
      ApiProjectSchema,
      ({ param }, { coordination: { projects } }) => projects.get(param('id')),
    ),
    patch('/api/v1/projects/:id', 'Changes a project.')
      .body(ProjectChangeSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .answers(ApiProjectSchema, ({ c, param, body, once }, { coordination: { projects } }) =>
        projects.update(param('id'), body, callerOf(c), once),
      ),
  ],
};

export const GOAL_ROUTES: RouteGroup = {
  tag: 'Goals',
  about: 'Parts of projects that can be reached.',
  routes: [
    get('/api/v1/goals', 'Goals, page by page.')
      .query(GoalQuerySchema)
      .answers(
        ApiGoalListSchema,
        ({ query: { status: statuses, project: projectId, ...rest } }, { coordination: { projects } }) =>
          projects.goals({ ...rest, statuses, projectId }),
      ),
    post('/api/v1/goals', 'Sets a goal.')
      .body(NewGoalSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .fails('conflict', 'overloaded')
      .answers(ApiGoalSchema, ({ c, body, once }, { coordination: { projects } }) =>
        projects.createGoal(body, callerOf(c), once),
      ),
    get('/api/v1/goals/:id', 'One goal, with its progress.').answers(
      ApiGoalSchema,
      ({ param }, { coordination: { projects } }) => projects.goal(param('id')),
    ),
    patch('/api/v1/goals/:id', 'Changes a goal.')
      .body(GoalChangeSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .answers(ApiGoalSchema, ({ c, param, body, once }, { coordination: { projects } }) =>
        projects.updateGoal(param('id'), body, callerOf(c), once),
      ),
    post('/api/v1/goals/:id/workflows', 'Says that a workflow works towards the goal.')
      .body(GoalWorkflowSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .fails('overloaded')
      .answers(ApiGoalSchema, ({ c, param, body, once }, { coordination: { projects } }) =>
        projects.linkWorkflow({ ...body, goal_id: param('id') }, callerOf(c), once),
      ),
  ],
};
