// The folder of one Tutti: lock, instance file, logs, database. One per configuration unless told otherwise, below a
// base that all of this user's share, so that those running can be found.

import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { displayGitUrl, type GitSourceSpec } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import { configurationOf } from '../sources/files/project.ts';
import type { Environment } from './environment.ts';
import { readRunningInstance, type Instance } from './instance-file.ts';

/** `--state`, else TUTTI_STATE, else a folder of the configuration's own. */
export function resolveStateDir(
  flag: string | undefined,
  environment: Pick<Environment, 'statePath' | 'stateHome'>,
  configPath: string,
): string {
  const chosen = flag ?? environment.statePath;
  if (chosen !== undefined) return resolve(chosen);
  const digest = createHash('sha256').update(canonical(configPath)).digest('hex').slice(0, 16);
  return join(stateBase(environment), digest);
}

/** The same for a repository that the command line names; new credentials make no other one of it. */
export function resolveGitStateDir(
  flag: string | undefined,
  environment: Pick<Environment, 'statePath' | 'stateHome'>,
  { url, branch, path }: Pick<GitSourceSpec, 'url' | 'branch' | 'path'>,
): string {
  const chosen = flag ?? environment.statePath;
  if (chosen !== undefined) return resolve(chosen);
  const digest = createHash('sha256')
    .update(JSON.stringify([displayGitUrl(url), branch ?? null, path]))
    .digest('hex');
  return join(stateBase(environment), digest.slice(0, 16));
}

function stateBase(environment: Pick<Environment, 'stateHome'>): string {
  return join(environment.stateHome, 'tutti');
}

/** One configuration, one folder, whichever way its path is written. */
function canonical(path: string): string {
  const configuration = configurationOf(path);
  try {
    return realpathSync(configuration);
  } catch {
    return configuration;
  }
}

const WRITABLE_BY_OTHERS = 0o022;

/** Creates it for this user alone; refuses one that others could write to, because its files are trusted. */
export async function ensureStateDir(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'unavailable',
      `cannot create the state folder ${path}: ${reason}; choose another with --state`,
      {
        cause: error,
      },
    );
  }
  const { mode, uid } = await stat(path);
  const ownUid = process.getuid?.() ?? uid;
  if (ownUid !== 0 && uid !== ownUid) {
    throw new AppError(
      'refused',
      `the state folder ${path} belongs to another user; choose another with --state`,
    );
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new AppError(
      'refused',
      `the state folder ${path} can be written to by other users; run chmod go-w on it, or choose another with --state`,
    );
  }
}

export interface FoundInstance {
  readonly stateDir: string;
  readonly instance: Instance;
}

/** The running instances of this user, those with a state folder of their own choice left out. */
export async function listRunningInstances(
  environment: Pick<Environment, 'stateHome'>,
  signal: AbortSignal,
): Promise<FoundInstance[]> {
  const base = stateBase(environment);
  const names = await readdir(base).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const stateDir = join(base, name);
      const instance = await readRunningInstance(stateDir, signal);
      return instance === undefined ? [] : [{ stateDir, instance }];
    }),
  );
  return found.flat();
}
