// Tasks over the API. Reports carry the number of the claim that the task was handed out with.

import {
  ApiSubmittedPlanSchema,
  ApiTaskListSchema,
  ApiTaskSchema,
  ApiTaskWhySchema,
  TaskContextSchema,
  TaskHistorySchema,
  type ApiSubmittedPlan,
  type ApiTask,
  type ApiTaskWhy,
  type ApprovalInput,
  type PlanSubmissionInput,
  type TaskAnswerInput,
  type TaskProof,
  type TaskCompletion,
  type TaskContext,
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
  /** All of its tasks, or none: what is wrong with it is one error. */
  submitPlan(plan: PlanSubmissionInput, options?: OnceOptions): Promise<ApiSubmittedPlan>;
  /** The newest first, without payload and result. */
  list(query?: TaskQuery): Promise<ApiTask[]>;
  get(id: string, options?: RequestOptions): Promise<ApiTask>;
  /** Oldest first. */
  history(id: string, options?: RequestOptions): Promise<TaskHappening[]>;
  /** What whoever does it should know beside it. */
  context(id: string, options?: RequestOptions): Promise<TaskContext>;
  /** Why it stands where it stands, and what would move it. */
  why(id: string, options?: RequestOptions): Promise<ApiTaskWhy>;
  cancel(id: string, reason?: string, options?: OnceOptions): Promise<ApiTask>;
  /** One that failed or was cancelled, from the beginning. */
  retry(id: string, options?: OnceOptions): Promise<ApiTask>;
  start(id: string, report: TaskStart, options?: OnceOptions): Promise<ApiTask>;
  progress(id: string, report: TaskProgress, options?: OnceOptions): Promise<ApiTask>;
  complete(id: string, report: TaskCompletion, options?: OnceOptions): Promise<ApiTask>;
  /** More evidence for a task that waits for proofs. */
  prove(id: string, report: TaskProof, options?: OnceOptions): Promise<ApiTask>;
  /** What somebody else than who did the work says of it. */
  approve(id: string, approval: ApprovalInput, options?: OnceOptions): Promise<ApiTask>;
  /** A person answers what it asks. */
  answer(id: string, answer: TaskAnswerInput, options?: OnceOptions): Promise<ApiTask>;
  fail(id: string, report: TaskFailure, options?: OnceOptions): Promise<ApiTask>;
  release(id: string, report: TaskRelease, options?: OnceOptions): Promise<ApiTask>;
}

export function createTasksClient(http: Http): TasksClient {
  const pathOf = (id: string, rest = ''): string => `/api/v1/tasks/${encodeURIComponent(id)}${rest}`;
  const post = (path: string, body: object, options?: OnceOptions): Promise<ApiTask> =>
    http.request('POST', path, ApiTaskSchema, { ...options, text: JSON.stringify(body) });

  return {
    submit: (task, options) => post('/api/v1/tasks', task, options),
    submitPlan: (plan, options) =>
      http.request('POST', '/api/v1/plans', ApiSubmittedPlanSchema, {
        ...options,
        text: JSON.stringify(plan),
      }),
    list: ({ signal, limit: wanted, statuses, deadLetter, ...query } = {}) =>
      allPages(wanted, (cursor, limit) => {
        const parameters = { ...query, status: statuses?.join(','), dead_letter: deadLetter, limit, cursor };
        return http.request('GET', `/api/v1/tasks${search(parameters)}`, ApiTaskListSchema, { signal });
      }),
    get: (id, options) => http.request('GET', pathOf(id), ApiTaskSchema, options),
    async history(id, options) {
      return (await http.request('GET', pathOf(id, '/history'), TaskHistorySchema, options)).items;
    },
    context: (id, options) => http.request('GET', pathOf(id, '/context'), TaskContextSchema, options),
    why: (id, options) => http.request('GET', pathOf(id, '/why'), ApiTaskWhySchema, options),
    cancel: (id, reason, options) => post(pathOf(id, '/cancel'), { reason }, options),
    retry: (id, options) => post(pathOf(id, '/retry'), {}, options),
    start: (id, report, options) => post(pathOf(id, '/start'), report, options),
    progress: (id, report, options) => post(pathOf(id, '/progress'), report, options),
    complete: (id, report, options) => post(pathOf(id, '/complete'), report, options),
    prove: (id, report, options) => post(pathOf(id, '/prove'), report, options),
    approve: (id, approval, options) => post(pathOf(id, '/approve'), approval, options),
    answer: (id, answer, options) => post(pathOf(id, '/answer'), answer, options),
    fail: (id, report, options) => post(pathOf(id, '/fail'), report, options),
    release: (id, report, options) => post(pathOf(id, '/release'), report, options),
  };
}
