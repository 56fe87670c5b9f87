// What somebody may read over the API. Who may use nothing of a server over MCP does not hear of it here either: it is
// not there. What is about everything at once and can't be divided, from the metrics to what is declared besides servers,
// is for those from whom no policy keeps a server.

import type { ApiEvent, ApiServer, ApiToolset } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import { type Access, isAdmin, isSameHolder } from '../policy/access.ts';
import type { Asker } from '../policy/asker.ts';
import { ADMIN_ROLE } from '../policy/principal.ts';
import type { ApiDeps } from './deps.ts';
import { mayUse, needsRole, RIGHTS } from './rights.ts';

/** For what tells of all servers. */
export function requireAll(deps: Pick<ApiDeps, 'seesAll'>, access: Access): void {
  if (isAdmin(access) || deps.seesAll(access)) return;
  const needed = `a key with the role \`${ADMIN_ROLE}\``;
  throw needsRole(access, 'This tells of all servers, and policies keep some from you', needed);
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

/** Whether somebody may know of the event: of a server that may be used, or of agents and tasks, which all readers see;
 *  the rest is about everything at once. */
export function seesEvent(deps: Pick<ApiDeps, 'sees' | 'seesAll'>, access: Access, event: ApiEvent): boolean {
  switch (event.kind) {
    case 'MCPServer':
      return sees(deps, access, event.name);
    case 'Agent':
    case 'Task':
      return true;
    default:
      return isAdmin(access) || deps.seesAll(access);
  }
}

/** Whether one who began to read may still, and of this server where it is about one: keys and policies change while a stream is open. */
export function readsStill(
  deps: Pick<ApiDeps, 'origin' | 'accesses' | 'sees'>,
  began: Access,
  server: string | undefined,
): 'yes' | 'no' | 'never' {
  const now = deps.accesses.byPrincipal(began.principal.id);
  if (now === undefined || !isSameHolder(began.credentials, now.credentials)) return 'never';
  if (!mayUse(deps, RIGHTS.read, now)) return 'never';
  return server === undefined || sees(deps, now, server) ? 'yes' : 'no';
}
