// Calls that are held for clients which do not wait for them: one's own; all of them for an administrator.

import { ApiResultListSchema, ApiResultSchema } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import type { Access } from '../policy/access.ts';
import { ADMIN_ROLE } from '../policy/principal.ts';
import { get, remove, type RouteGroup } from './route.ts';

export const RESULT_ROUTES: RouteGroup = {
  tag: 'Results',
  about: 'Calls that are held for clients which do not wait for them.',
  routes: [
    get('/api/v1/results', 'Those there are, the oldest first.').answers(
      ApiResultListSchema,
      ({ c }, { results }) => ({ items: results.list(holderOf(c.get('access'))) }),
    ),
    get('/api/v1/results/:handle', 'One of them, with what the call came to.').sends(
      { schema: ApiResultSchema },
      ({ c, param }, { results }) => {
        const text = results.read(param('handle'), holderOf(c.get('access')));
        if (text === undefined) throw noResult();
        return new Response(text, { headers: { 'content-type': 'application/json' } });
      },
    ),
    remove('/api/v1/results/:handle', 'Ends the call and forgets it.').answers(
      ApiResultSchema,
      ({ c, param }, { results }) => {
        const dropped = results.drop(param('handle'), holderOf(c.get('access')));
        if (dropped === undefined) throw noResult();
        return dropped;
      },
    ),
  ],
};

function noResult(): AppError {
  return new AppError(
    'not_found',
    'There is no result under this handle: it is gone, or was given to somebody else. GET /api/v1/results lists those there are.',
  );
}

/** Whose results are shown. */
function holderOf({ principal }: Access): string | undefined {
  return principal.roles.includes(ADMIN_ROLE) ? undefined : principal.id;
}
