// Projects and goals over the API.

import {
  ApiExternalLinkListSchema,
  ApiGoalListSchema,
  ApiGoalSchema,
  ApiProjectListSchema,
  ApiProjectSchema,
  ExternalLinkSchema,
  type ApiGoal,
  type ApiProject,
  type ExternalLink,
  type GoalChange,
  type GoalStatus,
  type NewGoalInput,
  type NewProjectInput,
  type ProjectChange,
  type ProjectStatus,
} from '@tutti/schemas';
import type { Http, RequestOptions } from '../http.ts';
import { search } from '../search.ts';
import { allPages } from './pages.ts';
import type { OnceOptions } from './tasks.ts';

export interface ProjectQuery extends RequestOptions {
  readonly statuses?: readonly ProjectStatus[] | undefined;
  /** How many at most (all). */
  readonly limit?: number | undefined;
}

export interface GoalQuery extends RequestOptions {
  readonly statuses?: readonly GoalStatus[] | undefined;
  readonly project?: string | undefined;
  /** How many at most (all). */
  readonly limit?: number | undefined;
}

export interface ProjectsClient {
  create(project: NewProjectInput, options?: OnceOptions): Promise<ApiProject>;
  /** The newest first, with how far they are. */
  list(query?: ProjectQuery): Promise<ApiProject[]>;
  get(id: string, options?: RequestOptions): Promise<ApiProject>;
  update(id: string, change: ProjectChange, options?: OnceOptions): Promise<ApiProject>;
  /** What a step of a workflow is called in another system. */
  linkStep(link: ExternalLink, options?: OnceOptions): Promise<ExternalLink>;
  externalLinks(workflow: string, options?: RequestOptions): Promise<ExternalLink[]>;
}

export interface GoalsClient {
  create(goal: NewGoalInput, options?: OnceOptions): Promise<ApiGoal>;
  /** The newest first, with how far they are. */
  list(query?: GoalQuery): Promise<ApiGoal[]>;
  get(id: string, options?: RequestOptions): Promise<ApiGoal>;
  update(id: string, change: GoalChange, options?: OnceOptions): Promise<ApiGoal>;
  linkWorkflow(id: string, workflow: string, options?: OnceOptions): Promise<ApiGoal>;
}

export function createProjectsClient(http: Http): ProjectsClient {
  const base = '/api/v1/projects';
  const pathOf = (id: string): string => `${base}/${encodeURIComponent(id)}`;
  const text = JSON.stringify;

  return {
    create: (project, options) =>
      http.request('POST', base, ApiProjectSchema, { ...options, text: text(project) }),
    list: ({ signal, limit: wanted, statuses } = {}) =>
      allPages(wanted, (cursor, limit) => {
        const path = `${base}${search({ status: statuses?.join(','), limit, cursor })}`;
        return http.request('GET', path, ApiProjectListSchema, { signal });
      }),
    get: (id, options) => http.request('GET', pathOf(id), ApiProjectSchema, options),
    update: (id, change, options) =>
      http.request('PATCH', pathOf(id), ApiProjectSchema, { ...options, text: text(change) }),
    linkStep: (link, options) =>
      http.request('POST', `${base}/external-links`, ExternalLinkSchema, { ...options, text: text(link) }),
    async externalLinks(workflow, options) {
      const path = `${base}/external-links${search({ workflow })}`;
      return (await http.request('GET', path, ApiExternalLinkListSchema, options)).items;
    },
  };
}

export function createGoalsClient(http: Http): GoalsClient {
  const base = '/api/v1/goals';
  const pathOf = (id: string, rest = ''): string => `${base}/${encodeURIComponent(id)}${rest}`;
  const send = (
    method: 'POST' | 'PATCH',
    path: string,
    body: object,
    options?: OnceOptions,
  ): Promise<ApiGoal> =>
    http.request(method, path, ApiGoalSchema, { ...options, text: JSON.stringify(body) });

  return {
    create: (goal, options) => send('POST', base, goal, options),
    list: ({ signal, limit: wanted, statuses, project } = {}) =>
      allPages(wanted, (cursor, limit) => {
        const path = `${base}${search({ status: statuses?.join(','), project, limit, cursor })}`;
        return http.request('GET', path, ApiGoalListSchema, { signal });
      }),
    get: (id, options) => http.request('GET', pathOf(id), ApiGoalSchema, options),
    update: (id, change, options) => send('PATCH', pathOf(id), change, options),
    linkWorkflow: (id, workflow, options) =>
      send('POST', pathOf(id, '/workflows'), { workflow_id: workflow }, options),
  };
}
