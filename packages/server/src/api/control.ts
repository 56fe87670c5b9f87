// The routes that change a running Tutti. All of them need the role `admin`; each answers when the change is on disk and in
// force.

import {
  API_RESOURCE_KINDS,
  ApiApprovalSchema,
  type ApiApproval,
  type ApiResourceKind,
  type ApiServer,
} from '@tutti/schemas';
import type { Context, Hono } from 'hono';
import { AppError } from '../kernel/errors.ts';
import { type Access, isAdmin } from '../policy/access.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';
import { readText } from './read-text.ts';
import { requireServer, sees } from './reads.ts';

/** Bytes of one text to apply. */
export const MAX_APPLY_BYTES = 1024 ** 2;
/** Characters of what a caller calls the place of a text. */
const MAX_PATH_CHARS = 1_000;

/** Bytes of a list of tools to approve. */
const MAX_APPROVAL_BYTES = 1024 ** 2;

export function addControlRoutes(
  api: Hono<ApiEnv>,
  deps: Pick<ApiDeps, 'control' | 'server' | 'sees' | 'seesAll' | 'refusals'>,
): void {
  const { control } = deps;
  const kindOf = (c: Context<ApiEnv>): ApiResourceKind => {
    const asked = (c.req.param('kind') ?? '').toLowerCase();
    const kind = API_RESOURCE_KINDS.find((one) => one.toLowerCase() === asked);
    if (kind !== undefined) return kind;
    throw new AppError(
      'not_found',
      `There is no kind "${c.req.param('kind')}" here; there are ${API_RESOURCE_KINDS.join(', ')}.`,
    );
  };
  const by = (c: Context<ApiEnv>): string => c.get('access').principal.id;
  const serverOf = (c: Context<ApiEnv>): ApiServer => requireServer(deps, nameOf(c), c.get('access'));
  const nameOf = (c: Context<ApiEnv>): string => c.req.param('name') ?? '';

  const isShown = (access: Access, kind: ApiResourceKind, name: string): boolean =>
    kind === 'MCPServer' ? sees(deps, access, name) : isAdmin(access) || deps.seesAll(access);
  api.get('/resources', (c) =>
    c.json({
      items: control.resources().filter(({ kind, name }) => isShown(c.get('access'), kind, name)),
    }),
  );
  api.get('/resources/:kind/:name', (c) => {
    const isTheirs = isShown(c.get('access'), kindOf(c), nameOf(c));
    const found = isTheirs ? control.resource(kindOf(c), nameOf(c)) : undefined;
    if (found !== undefined) return c.json(found);
    throw new AppError('not_found', `There is no ${kindOf(c)} "${nameOf(c)}".`);
  });
  api.delete('/resources/:kind/:name', async (c) => {
    await control.remove(kindOf(c), nameOf(c), by(c));
    return c.body(null, 204);
  });
  api.post('/apply', async (c) => {
    const path = c.req.query('path');
    if ((path?.length ?? 0) > MAX_PATH_CHARS)
      throw new AppError('invalid_params', `"path" may have ${MAX_PATH_CHARS} characters at most.`);
    const text = await readText(c.req.raw, MAX_APPLY_BYTES);
    return c.json(await control.apply({ text, path }, by(c)));
  });
  api.post('/check', async (c) => {
    const text = await readText(c.req.raw, MAX_APPLY_BYTES);
    return c.json({ items: control.check({ text, path: c.req.query('path')?.slice(0, MAX_PATH_CHARS) }) });
  });

  for (const action of ['suspend', 'resume', 'start', 'stop'] as const)
    api.post(`/servers/:name/${action}`, async (c) => {
      const { name } = serverOf(c);
      return c.json(await control[action](name, by(c)));
    });
  api.post('/servers/:name/restart', async (c) => {
    const { name } = serverOf(c);
    await control.restart(name, by(c));
    return c.json(serverOf(c), 202);
  });
  api.post('/servers/:name/pins/approve', async (c) => {
    const { name } = serverOf(c);
    const approval = readApproval(await readText(c.req.raw, MAX_APPROVAL_BYTES));
    return c.json({ items: await control.approvePins(name, approval, by(c)) });
  });
  api.post('/servers/:name/reconnect', async (c) => {
    const { name } = serverOf(c);
    await control.reconnect(name);
    return c.json(serverOf(c), 202);
  });
}

function readApproval(text: string): ApiApproval {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const read = ApiApprovalSchema.safeParse(value);
  if (read.success) return read.data;
  throw new AppError(
    'invalid_params',
    'Send {"all":true} or {"tools":[{"name":"…"}]}: what is to be approved.',
  );
}
