// The HTTP API beside the MCP endpoint. What there is stands in routes.ts, who may use it in rights.ts, and what of it each
// may read in reads.ts.

import { Hono } from 'hono';
import { AppError, toAppError } from '../kernel/errors.ts';
import { checkHostAndOrigin } from '../policy/origin.ts';
import { createRoomStreams } from './coordination/room-stream.ts';
import { createWorkStreams } from './coordination/work-stream.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';
import { problemResponse } from './problem-json.ts';
import { NeedsRoleError, requireRight, rightFor, RIGHTS } from './rights.ts';
import type { RouteDeps } from './route.ts';
import { ROUTE_GROUPS } from './routes.ts';

export function createApi(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.onError((error) => {
    if (error instanceof NeedsRoleError) deps.refusals.policy('api');
    return problemResponse(toAppError(error));
  });
  app.notFound((c) =>
    problemResponse(new AppError('not_found', `There is no ${c.req.method} ${c.req.path}.`)),
  );

  app.use(async (c, next) => {
    const decision = checkHostAndOrigin(
      { host: c.req.header('host'), origin: c.req.header('origin') },
      deps.origin,
    );
    if (decision.kind === 'refused') throw new AppError('refused', decision.reason);
    const right = rightFor(c.req.method, c.req.path);
    if (right !== 'none') {
      const access = deps.accesses.of(c.req.header('authorization'));
      if ('reason' in access) {
        deps.refusals.key(access.key);
        throw new AppError('unauthorized', access.reason, {
          details: { wwwAuthenticate: access.challenge },
        });
      }
      if (right !== 'anybody') requireRight(deps, RIGHTS[right], access);
      c.set('access', access);
    }
    await next();
  });

  const { accesses, closing, coordination } = deps;
  const streams = createWorkStreams({ agents: coordination.agents, accesses, closing });
  const roomStreams = createRoomStreams({ rooms: coordination.rooms, accesses, closing });
  const served: RouteDeps = { ...deps, streams, roomStreams };
  for (const { routes } of ROUTE_GROUPS) for (const route of routes) route.add(app, served);
  return app;
}
