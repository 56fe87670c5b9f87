// Tasks over the API. Reports carry the number of the claim that the task was handed out with.

import {
  ApiTaskListSchema,
  ApiTaskSchema,
  TaskHistorySchema,
  type ApiTask,
  type TaskCompletion,
  type TaskFailure,
  type TaskHappening,
  type TaskProgress,
  type TaskRelease,
  type TaskStart,
  type TaskStatus,
  type TaskSubmissionInput,
} from '@tutti/schemas';
import type { Http, RequestOptions } from '../http.ts';
import { search } from '../search.ts';
import { allPages } from './pages.ts';

export interface TaskQuery extends RequestOptions {
  readonly statuses?: readonly TaskStatus[] | undefined;
  readonly domain?: string | undefined;
  /** That had it last. */
  readonly agent?: string | undefined;
  readonly parent?: string | undefined;
  /** Only those whose attempts all failed, or only others. */
  readonly deadLetter?: boolean | undefined;
  /** How many at most (all). */
  readonly limit?: number | undefined;
}

export interface OnceOptions extends RequestOptions {
  /** The same request with the same key gets the first answer again, and nothing happens twice. */
  readonly idempotencyKey?: string | undefined;
}

export interface TasksClient {
  submit(task: TaskSubmissionInput, options?: OnceOptions): Promise<ApiTask>;
  /** The newest first, without payload and result. */
  list(query?: TaskQuery): Promise<ApiTask[]>;
  get(id: string, options?: RequestOptions): Promise<ApiTask>;
  /** Oldest first. */
  history(id: string, options?: RequestOptions): Promise<TaskHappening[]>;
  cancel(id: string, reason?: string, options?: OnceOptions): Promise<ApiTask>;
  /** One that failed or was cancelled, from the beginning. */
  retry(id: string, options?: OnceOptions): Promise<ApiTask>;
  start(id: string, report: TaskStart, options?: OnceOptions): Promise<ApiTask>;
  progress(id: string, report: TaskProgress, options?: OnceOptions): Promise<ApiTask>;
  complete(id: string, report: TaskCompletion, options?: OnceOptions): Promise<ApiTask>;
  fail(id: string, report: TaskFailure, options?: OnceOptions): Promise<ApiTask>;
  release(id: string, report: TaskRelease, options?: OnceOptions): Promise<ApiTask>;
}

export function createTasksClient(http: Http): TasksClient {
  const pathOf = (id: string, rest = ''): string => `/api/v1/tasks/${encodeURIComponent(id)}${rest}`;
  const post = (path: string, body: object, options?: OnceOptions): Promise<ApiTask> =>
    http.request('POST', path, ApiTaskSchema, { ...options, text: JSON.stringify(body) });

  return {
    submit: (task, options) => post('/api/v1/tasks', task, options),
    list: ({ signal, limit: wanted, statuses, deadLetter, ...query } = {}) =>
      allPages(wanted, (cursor, limit) => {
        const parameters = { ...query, status: statuses?.join(','), dead_letter: deadLetter, limit, cursor };
        return http.request('GET', `/api/v1/tasks${search(parameters)}`, ApiTaskListSchema, { signal });
      }),
    get: (id, options) => http.request('GET', pathOf(id), ApiTaskSchema, options),
    async history(id, options) {
      return (await http.request('GET', pathOf(id, '/history'), TaskHistorySchema, options)).items;
    },
    cancel: (id, reason, options) => post(pathOf(id, '/cancel'), { reason }, options),
    retry: (id, options) => post(pathOf(id, '/retry'), {}, options),
    start: (id, report, options) => post(pathOf(id, '/start'), report, options),
    progress: (id, report, options) => post(pathOf(id, '/progress'), report, options),
    complete: (id, report, options) => post(pathOf(id, '/complete'), report, options),
    fail: (id, report, options) => post(pathOf(id, '/fail'), report, options),
    release: (id, report, options) => post(pathOf(id, '/release'), report, options),
  };
}
