// What Tutti reads from its environment: the one place of the server that looks at process.env. Reading checks and
// names things; what follows from them is resolved elsewhere.

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import { LOG_LEVELS, type LogLevel } from '../telemetry/logger.ts';

export interface Environment {
  /** TUTTI_CONFIG */
  readonly configPath: string | undefined;
  /** TUTTI_STATE */
  readonly statePath: string | undefined;
  /** TUTTI_STORE; may hold a password. */
  readonly store: string | undefined;
  /** TUTTI_TOKEN: a key, or the instance token. */
  readonly token: string | undefined;
  /** TUTTI_LOG */
  readonly logLevel: LogLevel | undefined;
  /** MUSTER_AGW_UPSTREAM_URL */
  readonly upstreamProxy: string | undefined;
  /** KUBERNETES_SERVICE_HOST, which every pod of a cluster has: nothing else is on this machine. */
  readonly isInCluster: boolean;
  /** Where programs of this user keep their state. */
  readonly stateHome: string;
  /** All of it, for `${VAR}` in local declarations and for the few that children inherit. Holds secrets. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** A variable that is set to nothing counts as not set. */
const optional = z.preprocess((value) => (value === '' ? undefined : value), z.string().optional());

const EnvironmentSchema = z.object({
  TUTTI_CONFIG: optional,
  TUTTI_STATE: optional,
  TUTTI_TOKEN: optional,
  TUTTI_STORE: optional,
  TUTTI_LOG: z.preprocess((value) => (value === '' ? undefined : value), z.enum(LOG_LEVELS).optional()),
  MUSTER_AGW_UPSTREAM_URL: optional,
  KUBERNETES_SERVICE_HOST: optional,
  XDG_STATE_HOME: optional,
  HOME: optional,
});

export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const parsed = EnvironmentSchema.safeParse(variables);
  if (!parsed.success) {
    // Only TUTTI_LOG has values that can be wrong.
    throw new AppError('invalid_config', `TUTTI_LOG must be one of ${LOG_LEVELS.join(', ')}`, {
      cause: parsed.error,
    });
  }
  const { TUTTI_CONFIG, TUTTI_STATE, TUTTI_TOKEN, TUTTI_STORE, TUTTI_LOG, MUSTER_AGW_UPSTREAM_URL } =
    parsed.data;
  const { XDG_STATE_HOME, HOME, KUBERNETES_SERVICE_HOST } = parsed.data;
  // The XDG specification: a relative path is to be ignored.
  const xdg = XDG_STATE_HOME !== undefined && isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : undefined;
  return {
    configPath: TUTTI_CONFIG,
    statePath: TUTTI_STATE,
    token: TUTTI_TOKEN,
    store: TUTTI_STORE,
    logLevel: TUTTI_LOG,
    upstreamProxy: MUSTER_AGW_UPSTREAM_URL,
    isInCluster: KUBERNETES_SERVICE_HOST !== undefined,
    stateHome: xdg ?? join(HOME ?? homedir(), '.local', 'state'),
    variables: { ...variables },
  };
}
