// What a host is for: the declarations at a path, or those of a repository that the command line names.

import { dirname, extname, resolve } from 'node:path';
import { displayGitUrl, explainIssues, sourceSpecSchema, type SourceResource } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import { formatFieldPath } from '../resources/problem.ts';
import { EXTENSIONS } from '../resources/read-text.ts';
import type { ScopeContent } from '../resources/store.ts';
import type { Environment } from './environment.ts';
import { findConfiguration } from './find-configuration.ts';
import { resolveGitStateDir, resolveStateDir } from './state-dir.ts';

/** As it is written on the command line. */
export interface GitOptions {
  readonly url: string;
  readonly branch?: string | undefined;
  readonly path?: string | undefined;
  readonly interval?: string | undefined;
  readonly envAllow?: readonly string[] | undefined;
}

export interface Configuration {
  /** Undefined: no files are read. */
  readonly path: string | undefined;
  /** Where relative folders of what is declared without a file start. */
  readonly folder: string;
  /** For people: the path, or the repository without its credentials. */
  readonly shown: string;
  readonly statePath: string;
  /** What the command line itself declares. */
  readonly declared: ReadonlyMap<string, ScopeContent>;
}

/** The name of the Source that the command line declares, and what it is said to be declared in. */
const NAME = 'git';
const FLAG = '--git';

export function resolveConfiguration(
  options: {
    readonly path?: string | undefined;
    readonly statePath?: string | undefined;
    readonly git?: GitOptions | undefined;
  },
  environment: Environment,
): Configuration {
  const { git } = options;
  if (git === undefined) {
    const path = findConfiguration(options.path, environment);
    const statePath = resolveStateDir(options.statePath, environment, path);
    return { path, folder: folderOf(path), shown: path, statePath, declared: new Map() };
  }
  if (options.path !== undefined)
    throw new AppError(
      'invalid_params',
      'a path and --git exclude each other; declare a Source in the files, or leave one of them out',
    );
  const resource = readGitOptions(git);
  const { url, branch, path } = resource.spec.git;
  return {
    path: undefined,
    folder: process.cwd(),
    shown: `${displayGitUrl(url)}${branch === undefined ? '' : `#${branch}`}${path === '' ? '' : ` ${path}`}`,
    statePath: resolveGitStateDir(options.statePath, environment, resource.spec.git),
    declared: new Map([gitScope(resource)]),
  };
}

function folderOf(path: string): string {
  const full = resolve(path);
  return EXTENSIONS.includes(extname(full).toLowerCase()) ? dirname(full) : full;
}

/** What a command line declares. */
export function gitScope(resource: SourceResource): readonly [string, ScopeContent] {
  return [FLAG, { servers: [], problems: [], broken: new Set<string>(), sources: [resource] }];
}

/** Throws with the flags that are wrong. */
export function readGitOptions(git: GitOptions, name = NAME): SourceResource {
  const given = Object.fromEntries(Object.entries(git).filter(([, value]) => value !== undefined));
  const checked = sourceSpecSchema.safeParse({ git: given });
  if (checked.success)
    return {
      kind: 'Source',
      name,
      labels: {},
      annotations: {},
      spec: checked.data,
      origin: { kind: 'file', path: FLAG, line: 1 },
    };
  const issues = explainIssues(checked.error, { git: given }, sourceSpecSchema);
  throw new AppError(
    'invalid_params',
    issues.map(({ path, message }) => `${flagOf(path)}: ${message}`).join('\n'),
  );
}

function flagOf([, field = '']: readonly (string | number)[]): string {
  const flags: Readonly<Record<string, string>> = { url: FLAG, envAllow: '--env-allow' };
  return flags[field] ?? `--${formatFieldPath([field])}`;
}
