// What somebody may read over the API. Who may use nothing of a server over MCP does not hear of it here either: it is
// not there. What is about everything at once and can't be divided, from the metrics to what is declared besides servers,
// is for those from whom no policy keeps a server.

import type { ApiServer, ApiToolset } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import { type Access, isAdmin, isSameHolder } from '../policy/access.ts';
import type { Asker } from '../policy/asker.ts';
import { isLoopback } from '../policy/origin.ts';
import { ADMIN_ROLE, LOCAL, VIEWER_ROLE } from '../policy/principal.ts';
import type { ApiDeps } from './deps.ts';

/** One's own results. */
export function isOwnResults(method: string, path: string): boolean {
  return ['GET', 'HEAD', 'DELETE'].includes(method) && /^\/api\/v1\/results(?:\/[^/]+)?$/.test(path);
}

const READERS: readonly string[] = [ADMIN_ROLE, VIEWER_ROLE];

export function requireReader(deps: Pick<ApiDeps, 'origin' | 'accesses'>, access: Access): void {
  if (!isReader(deps, access)) requireRole(access, READERS);
}

/** Reads are open on loopback where nobody needs a key. */
function isReader({ origin, accesses }: Pick<ApiDeps, 'origin' | 'accesses'>, access: Access): boolean {
  return (isLoopback(origin.boundHost) && !accesses.isRequired) || hasOneOf(access, READERS);
}

function hasOneOf({ principal }: Access, roles: readonly string[]): boolean {
  return principal.roles.some((role) => roles.includes(role));
}

export function requireRole(access: Access, roles: readonly string[]): void {
  if (hasOneOf(access, roles)) return;
  const needed = `a key with the role ${roles.map((role) => `\`${role}\``).join(' or ')}`;
  throw refusal(access, 'This is not for everybody', needed);
}

/** For what tells of all servers. */
export function requireAll(deps: Pick<ApiDeps, 'seesAll'>, access: Access): void {
  if (isAdmin(access) || deps.seesAll(access)) return;
  const needed = `a key with the role \`${ADMIN_ROLE}\``;
  throw refusal(access, 'This tells of all servers, and policies keep some from you', needed);
}

/** Who asks is known, and has no role that may. */
export class NeedsRoleError extends AppError {}

function refusal({ principal }: Access, why: string, needed: string): AppError {
  if (principal.id !== LOCAL.id)
    return new NeedsRoleError(
      'refused',
      `${why}: it needs ${needed}, which \`${principal.id}\` does not have.`,
    );
  return new NeedsRoleError(
    'unauthorized',
    `${why}: it needs the instance token, or ${needed}; send "Authorization: Bearer TOKEN" with the token in instance.json of the state folder.`,
  );
}

export function sees(deps: Pick<ApiDeps, 'sees'>, access: Access, server: string): boolean {
  return isAdmin(access) || deps.sees(access, server);
}

export function requireServer(
  deps: Pick<ApiDeps, 'sees' | 'server' | 'refusals'>,
  name: string,
  access: Access,
  asker?: Asker,
): ApiServer {
  const server = deps.server(name, asker);
  const isSeen = server !== undefined && sees(deps, access, name);
  if (isSeen) return server;
  if (server !== undefined) deps.refusals.policy('server');
  throw new AppError('not_found', `There is no server "${name}".`);
}

export function shownToolsets(deps: Pick<ApiDeps, 'sees' | 'toolsets'>, access: Access): ApiToolset[] {
  return deps.toolsets(access).map((toolset) => ({
    ...toolset,
    servers: toolset.servers.filter((server) => sees(deps, access, server)),
  }));
}

/** Whether one who began to read may still, and of this server: keys and policies change while a stream is open. */
export function readsStill(
  deps: Pick<ApiDeps, 'origin' | 'accesses' | 'sees'>,
  began: Access,
  server: string,
): 'yes' | 'no' | 'never' {
  const now = deps.accesses.byPrincipal(began.principal.id);
  if (now === undefined || !isSameHolder(began.credentials, now.credentials)) return 'never';
  if (!isReader(deps, now)) return 'never';
  return sees(deps, now, server) ? 'yes' : 'no';
}
