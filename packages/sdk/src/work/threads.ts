// Threads over the API. `by` is the participant in whose name something is done.

import {
  ApiThreadSchema,
  CriticalAnswerSchema,
  MessagePageSchema,
  ThreadPageSchema,
  type ApiMessage,
  type ApiThread,
  type CriticalAnswer,
  type CriticalThreadInput,
  type MessagePage,
  type ThreadStatus,
  type ThreadSubmissionInput,
} from '@tutti/schemas';
import type { Http, RequestOptions } from '../http.ts';
import { search } from '../search.ts';
import { allPages } from './pages.ts';
import type { OnceOptions } from './tasks.ts';

export interface ThreadQuery extends RequestOptions {
  /** Whose threads; left out: all, for administrators. */
  readonly participant?: string | undefined;
  readonly status?: ThreadStatus | undefined;
  /** How many at most (all). */
  readonly limit?: number | undefined;
}

export interface ThreadsClient {
  create(thread: ThreadSubmissionInput, options?: OnceOptions): Promise<ApiThread>;
  /** Waits up to 45 s for answers; goes on with `responses` and the handle that it answers. */
  createCritical(thread: CriticalThreadInput, options?: OnceOptions): Promise<CriticalAnswer>;
  responses(handle: string, waitSeconds?: number, options?: RequestOptions): Promise<CriticalAnswer>;
  /** The newest first. */
  list(query?: ThreadQuery): Promise<ApiThread[]>;
  get(id: string, options?: RequestOptions): Promise<ApiThread>;
  /** A page of its messages, the newest first. */
  messages(id: string, query?: { cursor?: string; limit?: number } & RequestOptions): Promise<MessagePage>;
  /** The newest ones, as many as are wanted. */
  newest(id: string, limit: number, options?: RequestOptions): Promise<ApiMessage[]>;
  join(id: string, participantId: string, options?: OnceOptions): Promise<ApiThread>;
  add(id: string, participantId: string, by: string | undefined, options?: OnceOptions): Promise<ApiThread>;
  remove(
    id: string,
    participantId: string,
    by: string | undefined,
    options?: OnceOptions,
  ): Promise<ApiThread>;
  archive(id: string, by: string | undefined, options?: OnceOptions): Promise<ApiThread>;
}

export function createThreadsClient(http: Http): ThreadsClient {
  const pathOf = (id: string, rest = ''): string => `/api/v1/threads/${encodeURIComponent(id)}${rest}`;
  const post = (path: string, body: object, options?: OnceOptions): Promise<ApiThread> =>
    http.request('POST', path, ApiThreadSchema, { ...options, text: JSON.stringify(body) });

  function messages(
    id: string,
    { signal, ...query }: { cursor?: string | undefined; limit?: number | undefined } & RequestOptions = {},
  ): Promise<MessagePage> {
    return http.request('GET', `${pathOf(id, '/messages')}${search(query)}`, MessagePageSchema, { signal });
  }

  return {
    create: (thread, options) => post('/api/v1/threads', thread, options),
    createCritical: (thread, options) =>
      http.request('POST', '/api/v1/threads/critical', CriticalAnswerSchema, {
        ...options,
        text: JSON.stringify(thread),
      }),
    responses: (handle, waitSeconds = 0, options = {}) =>
      http.request('POST', pathOf(handle, '/responses'), CriticalAnswerSchema, {
        ...options,
        text: JSON.stringify({ wait_seconds: waitSeconds }),
      }),
    list: ({ signal, limit: wanted, ...query } = {}) =>
      allPages(wanted, (cursor, limit) =>
        http.request('GET', `/api/v1/threads${search({ ...query, limit, cursor })}`, ThreadPageSchema, {
          signal,
        }),
      ),
    get: (id, options) => http.request('GET', pathOf(id), ApiThreadSchema, options),
    messages,
    newest: (id, wanted, { signal } = {}) =>
      allPages(wanted, (cursor, limit) => messages(id, { cursor, limit, signal })),
    join: (id, participantId, options) =>
      post(pathOf(id, '/join'), { participant_id: participantId }, options),
    add: (id, participantId, by, options) =>
      post(pathOf(id, '/add'), { participant_id: participantId, by }, options),
    remove: (id, participantId, by, options) =>
      post(pathOf(id, '/remove'), { participant_id: participantId, by }, options),
    archive: (id, by, options) => post(pathOf(id, '/archive'), { by }, options),
  };
}
