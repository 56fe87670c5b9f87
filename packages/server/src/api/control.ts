// The routes that change a running Tutti. All of them need the role `admin`; each answers when the change is on disk and in
// force.

import {
  API_RESOURCE_KINDS,
  ApiAppliedSchema,
  ApiApprovalSchema,
  ApiPinListSchema,
  ApiProblemListSchema,
  ApiResourceListSchema,
  ApiResourceSchema,
  ApiServerSchema,
  ApiSuspendedSchema,
  type ApiResourceKind,
  type ApiServer,
} from '@tutti/schemas';
import type { Context } from 'hono';
import { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import { type Access, isAdmin } from '../policy/access.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';
import { requireServer, sees } from './reads.ts';
import { get, post, remove, type RouteGroup } from './route.ts';

/** Bytes of one text to apply. */
export const MAX_APPLY_BYTES = 1024 ** 2;
/** Characters of what a caller calls the place of a text. */
const MAX_PATH_CHARS = 1_000;

/** Bytes of a list of tools to approve. */
const MAX_APPROVAL_BYTES = 1024 ** 2;

const ACTIONS = {
  suspend: 'Takes the server out of service, over restarts too.',
  resume: 'Takes it back into service.',
  start: 'Resumes the server and runs it, even one that does not start by itself.',
  stop: 'The same as suspend.',
} as const;

const PathQuerySchema = z.object({
  path: z
    .string()
    .max(MAX_PATH_CHARS, `may have ${MAX_PATH_CHARS} characters at most`)
    .meta({
      openapi: {
        type: 'string',
        maxLength: MAX_PATH_CHARS,
        description: 'What messages call the place of the text.',
      },
    })
    .optional(),
});
const DOCUMENTS = ['application/yaml', 'application/json', 'application/toml'];

export const CONTROL_ROUTES: RouteGroup = {
  tag: 'Declarations',
  about: 'What changes a running Tutti: on disk and in force when it is answered.',
  routes: [
    get('/api/v1/resources', 'All that is declared, wherever.').answers(
      ApiResourceListSchema,
      ({ c }, deps) => ({
        items: deps.control
          .resources()
          .filter(({ kind, name }) => isShown(deps, c.get('access'), kind, name)),
      }),
    ),
    get('/api/v1/resources/:kind/:name', 'One that is declared.').answers(
      ApiResourceSchema,
      ({ c, param }, deps) => {
        const [kind, name] = [kindOf(param('kind')), param('name')];
        const isTheirs = isShown(deps, c.get('access'), kind, name);
        const found = isTheirs ? deps.control.resource(kind, name) : undefined;
        if (found !== undefined) return found;
        throw new AppError('not_found', `There is no ${kind} "${name}".`);
      },
    ),
    remove('/api/v1/resources/:kind/:name', 'Takes back what was declared over the API.').ends(
      ({ c, param }, { control }) => control.remove(kindOf(param('kind')), param('name'), by(c)),
    ),
    post('/api/v1/apply', 'Declares what the text says, all or nothing.')
      .query(PathQuerySchema)
      .text(DOCUMENTS, MAX_APPLY_BYTES)
      .fails('invalid_config', 'conflict')
      .answers(ApiAppliedSchema, ({ c, query: { path }, body: text }, { control }) =>
        control.apply({ text, path }, by(c)),
      ),
    post('/api/v1/check', 'What apply would say to the text; changes nothing.')
      .query(PathQuerySchema)
      .text(DOCUMENTS, MAX_APPLY_BYTES)
      .answers(ApiProblemListSchema, ({ query: { path }, body: text }, { control }) => ({
        items: control.check({ text, path }),
      })),
    ...(['suspend', 'resume', 'start', 'stop'] as const).map((action) =>
      post(`/api/v1/servers/:name/${action}`, ACTIONS[action]).answers(
        ApiSuspendedSchema,
        ({ c, param }, deps) => deps.control[action](serverOf(deps, c, param('name')).name, by(c)),
      ),
    ),
    post('/api/v1/servers/:name/restart', 'Restarts the server.')
      .fails('unavailable')
      .accepts(ApiServerSchema, async ({ c, param }, deps) => {
        const { name } = serverOf(deps, c, param('name'));
        await deps.control.restart(name, by(c));
        return serverOf(deps, c, name);
      }),
    post('/api/v1/servers/:name/pins/approve', 'Approves what tools say of themselves now.')
      .body(
        ApiApprovalSchema,
        MAX_APPROVAL_BYTES,
        'Send {"all":true} or {"tools":[{"name":"…"}]}: what is to be approved.',
      )
      .answers(ApiPinListSchema, async ({ c, param, body }, deps) => {
        const { name } = serverOf(deps, c, param('name'));
        return { items: await deps.control.approvePins(name, body, by(c)) };
      }),
    post('/api/v1/servers/:name/reconnect', 'Dials the server anew.')
      .fails('unavailable')
      .accepts(ApiServerSchema, async ({ c, param }, deps) => {
        const { name } = serverOf(deps, c, param('name'));
        await deps.control.reconnect(name);
        return serverOf(deps, c, name);
      }),
  ],
};

function isShown(
  deps: Pick<ApiDeps, 'sees' | 'seesAll'>,
  access: Access,
  kind: ApiResourceKind,
  name: string,
): boolean {
  return kind === 'MCPServer' ? sees(deps, access, name) : isAdmin(access) || deps.seesAll(access);
}

function kindOf(asked: string): ApiResourceKind {
  const kind = API_RESOURCE_KINDS.find((one) => one.toLowerCase() === asked.toLowerCase());
  if (kind !== undefined) return kind;
  throw new AppError(
    'not_found',
    `There is no kind "${asked}" here; there are ${API_RESOURCE_KINDS.join(', ')}.`,
  );
}

function by(c: Context<ApiEnv>): string {
  return c.get('access').principal.id;
}

function serverOf(
  deps: Pick<ApiDeps, 'server' | 'sees' | 'refusals'>,
  c: Context<ApiEnv>,
  name: string,
): ApiServer {
  return requireServer(deps, name, c.get('access'));
}
