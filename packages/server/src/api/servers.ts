// Servers as they are for whoever asks, and their logs.

import {
  ApiDroppedSchema,
  ApiLogLineSchema,
  ApiLogListSchema,
  ApiServerListSchema,
  ApiServerSchema,
  STREAM_EVENTS,
} from '@tutti/schemas';
import type { Context } from 'hono';
import { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import type { Asker } from '../policy/asker.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';
import { followResponse } from './follow.ts';
import { flagValue, numberValue } from './query-values.ts';
import { readsStill, requireServer, sees } from './reads.ts';
import { get, post, type RouteGroup } from './route.ts';

/** Lines of a log that are sent when `tail` is not given. */
const DEFAULT_LOG_TAIL = 100;
/** The most lines of a log that one answer holds; as many as are kept. */
const MAX_LOG_TAIL = 1_000;

const LogQuerySchema = z.object({
  tail: numberValue(
    { min: 0, most: MAX_LOG_TAIL, what: 'must be a number of lines' },
    `The last so many (${DEFAULT_LOG_TAIL}).`,
  ).default(DEFAULT_LOG_TAIL),
  follow: flagValue('Whether to go on with what comes, as server-sent events.').optional(),
});

export const SERVER_ROUTES: RouteGroup = {
  tag: 'Servers',
  about: 'MCP servers as they are for whoever asks.',
  routes: [
    get('/api/v1/servers', 'The servers and how they are.')
      .ofSession()
      .answers(ApiServerListSchema, ({ c }, deps) => {
        const access = c.get('access');
        return { items: deps.servers(askerOf(deps, c)).filter(({ name }) => sees(deps, access, name)) };
      }),
    get('/api/v1/servers/:name', 'One server.')
      .ofSession()
      .answers(ApiServerSchema, ({ c, param }, deps) =>
        requireServer(deps, param('name'), c.get('access'), askerOf(deps, c)),
      ),
    get('/api/v1/servers/:name/logs', 'The last lines of its log.')
      .query(LogQuerySchema)
      .sends(
        {
          schema: ApiLogListSchema,
          events: { [STREAM_EVENTS.item]: ApiLogLineSchema, [STREAM_EVENTS.dropped]: ApiDroppedSchema },
        },
        ({ c, param, query: { tail, follow = false } }, deps) => {
          const access = c.get('access');
          const { name } = requireServer(deps, param('name'), access);
          if (!follow) return Response.json({ items: deps.logs(name, tail) });
          return followResponse(
            {
              initial: deps.logs(name, tail),
              subscribe: (listener) => deps.onLog(name, listener),
              isStillFor: () => readsStill(deps, access, name),
            },
            deps.closing,
          );
        },
      ),
    post(
      '/api/v1/servers/:name/discover',
      'Looks at what the server offers; starts it for a while if need be.',
    )
      .fails('unavailable', 'upstream_invalid', 'timeout')
      .answers(ApiServerSchema, async ({ c, param }, deps) => {
        const { name } = requireServer(deps, param('name'), c.get('access'));
        await deps.discover(name);
        return requireServer(deps, name, c.get('access'));
      }),
  ],
};

function askerOf(deps: Pick<ApiDeps, 'sessionKeyOf'>, c: Context<ApiEnv>): Asker {
  const principal = c.get('access').principal.id;
  const sessionId = c.req.header('mcp-session-id');
  const sessionKey = sessionId === undefined ? undefined : deps.sessionKeyOf(sessionId, principal);
  if (sessionId !== undefined && sessionKey === undefined)
    throw new AppError('not_found', 'There is no session of yours with the id in Mcp-Session-Id.');
  return { principal, sessionKey };
}
