// The HTTP API beside the MCP endpoint. Who may use which route stands in rights.ts, and what of it each may read in
// reads.ts.

import { ApiPlanRequestSchema, MAX_PLAN_REQUEST_BYTES, type ApiEvent, type ApiToolset } from '@tutti/schemas';
import { Hono } from 'hono';
import { AppError, toAppError } from '../kernel/errors.ts';
import type { Asker } from '../policy/asker.ts';
import type { Access } from '../policy/access.ts';
import { checkHostAndOrigin } from '../policy/origin.ts';
import { ADMIN_ROLE } from '../policy/principal.ts';
import { addControlRoutes } from './control.ts';
import { addAgentRoutes } from './coordination/agents.ts';
import { addBudgetRoutes } from './coordination/budgets.ts';
import { addMessageRoutes } from './coordination/messages.ts';
import { addRoomRoutes } from './coordination/rooms.ts';
import { addPlanRoutes } from './coordination/plans.ts';
import { addTaskRoutes } from './coordination/tasks.ts';
import { addThreadRoutes } from './coordination/threads.ts';
import type { ApiDeps, ApiEnv, ToolQuery } from './deps.ts';
import { readEventQuery } from './event-query.ts';
import { explain } from './explain.ts';
import { followResponse } from './follow.ts';
import { readJsonBody } from './json-body.ts';
import { problemResponse } from './problem-json.ts';
import { readsStill, requireAll, requireServer, sees, seesEvent, shownToolsets } from './reads.ts';
import { NeedsRoleError, requireRight, rightFor, RIGHTS } from './rights.ts';
import { receiveWebhook } from './webhook.ts';

/** Lines of a log that are sent when `tail` is not given. */
const DEFAULT_LOG_TAIL = 100;
/** The most lines of a log that one answer holds; as many as are kept. */
const MAX_LOG_TAIL = 1_000;

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

  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', (c) => {
    const readiness = deps.readiness();
    return c.json(readiness, readiness.ready ? 200 : 503);
  });
  app.get('/metrics', async (c) => {
    requireAll(deps, c.get('access'));
    const { contentType, body } = await deps.metrics();
    return c.body(body, 200, { 'content-type': contentType });
  });
  app.get('/schemas/:file{.+\\.json}', (c) => {
    const kind = c.req.param('file').slice(0, -'.json'.length);
    const schema = deps.schema(kind);
    if (schema === undefined) throw new AppError('not_found', `There is no schema of the kind "${kind}".`);
    return c.json(schema);
  });

  const api = app.basePath('/api/v1');
  api.get('/info', (c) => c.json(deps.info()));
  const askerOf = (access: Access, sessionId: string | undefined): Asker => {
    const principal = access.principal.id;
    const sessionKey = sessionId === undefined ? undefined : deps.sessionKeyOf(sessionId, principal);
    if (sessionId !== undefined && sessionKey === undefined)
      throw new AppError('not_found', 'There is no session of yours with the id in Mcp-Session-Id.');
    return { principal, sessionKey };
  };
  api.get('/servers', (c) => {
    const access = c.get('access');
    const servers = deps.servers(askerOf(access, c.req.header('mcp-session-id')));
    return c.json({ items: servers.filter(({ name }) => sees(deps, access, name)) });
  });
  api.get('/servers/:name', (c) => {
    const access = c.get('access');
    const asker = askerOf(access, c.req.header('mcp-session-id'));
    return c.json(requireServer(deps, c.req.param('name'), access, asker));
  });
  api.get('/servers/:name/logs', (c) => {
    const access = c.get('access');
    const { name } = requireServer(deps, c.req.param('name'), access);
    const tail = readTail(c.req.query('tail'));
    if (!readFlag('follow', c.req.query('follow'))) return c.json({ items: deps.logs(name, tail) });
    return followResponse(
      {
        initial: deps.logs(name, tail),
        subscribe: (listener) => deps.onLog(name, listener),
        isStillFor: () => readsStill(deps, access, name),
      },
      deps.closing,
    );
  });
  addControlRoutes(api, deps);
  addAgentRoutes(api, deps);
  addTaskRoutes(api, deps);
  addBudgetRoutes(api, deps);
  addMessageRoutes(api, deps);
  addThreadRoutes(api, deps);
  addRoomRoutes(api, deps);
  addPlanRoutes(api, deps);
  api.get('/sources', (c) => {
    requireAll(deps, c.get('access'));
    return c.json({ items: deps.sources.list() });
  });
  api.post('/sources/:name/webhook', (c) => receiveWebhook(c.req.raw, c.req.param('name'), deps));
  api.post('/servers/:name/discover', async (c) => {
    const { name } = requireServer(deps, c.req.param('name'), c.get('access'));
    await deps.discover(name);
    return c.json(requireServer(deps, name, c.get('access')));
  });
  api.get('/tools', (c) => {
    const server = c.req.query('server');
    if (server !== undefined) requireServer(deps, server, c.get('access'));
    const set = c.req.query('set');
    if (set !== undefined) requireToolset(deps, set, c.get('access'));
    if (server !== undefined && set !== undefined)
      throw new AppError('invalid_params', 'Ask for "server" or for "set", not for both.');
    const filter: ToolQuery = {
      query: c.req.query('q'),
      server,
      set,
      name: c.req.query('name'),
      limit: readLimit(c.req.query('limit')),
      cursor: c.req.query('cursor'),
    };
    return c.json(deps.tools(filter, c.get('access')));
  });
  api.get('/explain', (c) => explain(deps, c.get('access'), (name) => c.req.query(name)));
  api.get('/pins', (c) =>
    c.json({ items: deps.pins().filter(({ server }) => sees(deps, c.get('access'), server)) }),
  );
  api.get('/servers/:name/pins', async (c) => {
    const { name } = requireServer(deps, c.req.param('name'), c.get('access'));
    return c.json({ items: await deps.pinsOf(name, c.get('access')) });
  });
  api.get('/toolsets', (c) => c.json({ items: shownToolsets(deps, c.get('access')) }));
  api.get('/toolsets/:name', (c) => c.json(requireToolset(deps, c.req.param('name'), c.get('access'))));
  api.get('/families', (c) => c.json({ items: deps.families(c.get('access')) }));
  api.get('/results', (c) => c.json({ items: deps.results.list(holderOf(c.get('access'))) }));
  api.get('/results/:handle', (c) => {
    const text = deps.results.read(c.req.param('handle'), holderOf(c.get('access')));
    if (text === undefined) throw noResult();
    return c.body(text, 200, { 'content-type': 'application/json' });
  });
  api.delete('/results/:handle', (c) => {
    const dropped = deps.results.drop(c.req.param('handle'), holderOf(c.get('access')));
    if (dropped === undefined) throw noResult();
    return c.json(dropped);
  });
  api.get('/problems', (c) => {
    requireAll(deps, c.get('access'));
    return c.json({ items: deps.problems() });
  });
  api.get('/events', async (c) => {
    const access = c.get('access');
    const query = readEventQuery(c.req.queries(), Date.now());
    const shown = (events: readonly ApiEvent[]): ApiEvent[] =>
      events.filter((event) => seesEvent(deps, access, event));
    if (!readFlag('follow', c.req.query('follow'))) return c.json({ items: shown(await deps.events(query)) });
    return followResponse(
      {
        initial: shown(deps.recentEvents(query)),
        subscribe: (listener) => deps.onEvent(query, listener),
        isStillFor: ({ kind, name }) => readsStill(deps, access, kind === 'MCPServer' ? name : undefined),
      },
      deps.closing,
    );
  });
  // Changes nothing, but holds everything: the token is needed wherever it is asked for.
  api.post('/backup', async () => {
    const body = ReadableStream.from(await deps.backup()).pipeThrough(new TextEncoderStream());
    return new Response(body, {
      headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' },
    });
  });
  api.post('/plan', async (c) => {
    const request = await readJsonBody(c.req.raw, ApiPlanRequestSchema, MAX_PLAN_REQUEST_BYTES);
    return c.json(await deps.plan(request));
  });
  api.post('/reload', async (c) => {
    await deps.control.reload();
    return c.json({ items: deps.problems() });
  });
  return app;
}

function noResult(): AppError {
  return new AppError(
    'not_found',
    'There is no result under this handle: it is gone, or was given to somebody else. GET /api/v1/results lists those there are.',
  );
}

/** Whose results are shown: one's own; all of them to an administrator. */
function holderOf({ principal }: Access): string | undefined {
  return principal.roles.includes(ADMIN_ROLE) ? undefined : principal.id;
}

function requireToolset(deps: ApiDeps, name: string, access: Access): ApiToolset {
  const toolset = shownToolsets(deps, access).find((one) => one.name === name);
  if (toolset === undefined) throw new AppError('not_found', `There is no toolset "${name}".`);
  return toolset;
}

function readTail(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LOG_TAIL;
  if (!/^\d{1,9}$/.test(text)) throw new AppError('invalid_params', '"tail" must be a number of lines.');
  return Math.min(Number(text), MAX_LOG_TAIL);
}

function readLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new AppError('invalid_params', '"limit" must be a number from 1.');
  return Number(text);
}

function readFlag(name: string, text: string | undefined): boolean {
  if (text === undefined || text === 'false' || text === '0') return false;
  if (text === '' || text === 'true' || text === '1') return true;
  throw new AppError('invalid_params', `"${name}" must be true or false.`);
}
