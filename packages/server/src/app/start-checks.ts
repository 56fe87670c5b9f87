// What keeps a host from starting at all.

import type { GatewaySettings } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import { isLoopback } from '../policy/origin.ts';
import { isApiPath } from '../resources/origin.ts';
import { formatProblem } from '../resources/problem.ts';
import type { ResourceStore } from '../resources/store.ts';
import type { LaunchableServers } from './desired-servers.ts';

export function refuseOpenBind(
  { host, insecureOpen }: { readonly host: string; readonly insecureOpen?: boolean },
  settings: GatewaySettings,
): void {
  if (isLoopback(host) || insecureOpen === true || settings.auth.required) return;
  throw new AppError(
    'refused',
    `${host} can be reached by others, and nothing asks them who they are; listen on 127.0.0.1, ask for keys with \`auth.required\` of the Gateway, or allow it with --insecure-open`,
  );
}

/** Where nothing can run there is nothing to serve; with one good server the problems are shown beside it, and a
 *  repository may become good by itself. */
export function refuseIdle(servers: LaunchableServers, store: ResourceStore): void {
  const canRun = servers
    .list()
    .some(({ unresolved, conflict }) => unresolved.length === 0 && conflict === undefined);
  // What came over the API is mended there, and for that Tutti has to run.
  const errors = [...store.problems(), ...servers.problems()].filter(
    ({ severity, path }) => severity === 'error' && !isApiPath(path),
  );
  if (canRun || errors.length === 0 || store.sources().length > 0) return;
  throw new AppError(
    'invalid_config',
    errors.map((problem) => formatProblem(problem, process.cwd())).join('\n'),
  );
}
