// Leases of files over the API.

import {
  ApiLeaseDetailSchema,
  ApiLeaseListSchema,
  LeaseAnswerSchema,
  LeaseCheckedSchema,
  LeaseReleasedSchema,
  MAX_CHECKED_PATHS,
  type ApiLease,
  type ApiLeaseDetail,
  type CheckedPath,
  type LeaseAnswer,
  type LeaseReleased,
  type LeaseReleaseInput,
  type LeaseRequestInput,
} from '@tutti/schemas';
import type { Http, RequestOptions } from '../http.ts';
import { search } from '../search.ts';
import { allPages } from './pages.ts';

export interface LeaseQuery extends RequestOptions {
  readonly space?: string | undefined;
  readonly agent?: string | undefined;
  /** How many at most (all). */
  readonly limit?: number | undefined;
}

export interface CheckOptions extends RequestOptions {
  readonly space?: string | undefined;
  /** Who asks: what it has itself is told apart. */
  readonly agent?: string | undefined;
}

export interface LeasesClient {
  /** All of the paths, or none: others that have some of them are told. With `wait_seconds` it waits in line. */
  acquire(request: LeaseRequestInput, options?: RequestOptions): Promise<LeaseAnswer>;
  /** By paths, or by the id of a lease; the latter without an agent needs an administrator. */
  release(release: LeaseReleaseInput, options?: RequestOptions): Promise<LeaseReleased>;
  /** How each path stands, in their order. */
  check(paths: readonly string[], options?: CheckOptions): Promise<CheckedPath[]>;
  /** All pages of those in force, the oldest first. */
  list(query?: LeaseQuery): Promise<ApiLease[]>;
  /** With those who wait for it. */
  get(id: string, options?: RequestOptions): Promise<ApiLeaseDetail>;
}

export function createLeasesClient(http: Http): LeasesClient {
  const path = '/api/v1/leases';

  return {
    acquire: (request, options) =>
      http.request('POST', path, LeaseAnswerSchema, { ...options, text: JSON.stringify(request) }),
    release: (release, options) =>
      http.request('POST', `${path}/release`, LeaseReleasedSchema, {
        ...options,
        text: JSON.stringify(release),
      }),
    async check(paths, { signal, space, agent: agent_id } = {}) {
      const items: CheckedPath[] = [];
      for (let at = 0; at < paths.length; at += MAX_CHECKED_PATHS) {
        const text = JSON.stringify({ paths: paths.slice(at, at + MAX_CHECKED_PATHS), space, agent_id });
        const page = await http.request('POST', `${path}/check`, LeaseCheckedSchema, { signal, text });
        items.push(...page.items);
      }
      return items;
    },
    list: ({ signal, limit: wanted, ...query } = {}) =>
      allPages(wanted, (cursor, limit) =>
        http.request('GET', `${path}${search({ ...query, limit, cursor })}`, ApiLeaseListSchema, { signal }),
      ),
    get: (id, options) =>
      http.request('GET', `${path}/${encodeURIComponent(id)}`, ApiLeaseDetailSchema, options),
  };
}
