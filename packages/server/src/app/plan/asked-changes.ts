// From the declarations that a request asks about to changes of scopes: which ones they take the place of, and where
// each of their files would stand. What it was asked with stays out of every store.

import { join, sep } from 'node:path';
import type { ApiPlan, ApiPlanChange } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import { gitPath } from '../../resources/origin.ts';
import { readDocuments } from '../../resources/read-documents.ts';
import type { ResourceStore, ScopeContent } from '../../resources/store.ts';
import { takeChanges } from '../../sources/changes.ts';
import { problemAt, type Scan } from '../../sources/seen.ts';
import { gitScope, readGitOptions } from '../configuration.ts';
import { type AskedAbout, type InForce, planChanges } from './plan-changes.ts';

export interface ReadPlaces {
  /** What the instance reads its files from; undefined: it reads none. */
  readonly root: { readonly path: string; readonly isFolder: boolean } | undefined;
  /** Where checkouts of Sources are. */
  readonly checkouts: string;
}

export interface AskedChanges extends AskedAbout {
  /** A text that names places as the instance would have them, with the names that were asked with. */
  readonly asGiven: (text: string) => string;
}

export function askedChanges(change: ApiPlanChange, store: ResourceStore, places: ReadPlaces): AskedChanges {
  const source = sourceOf(change, store, places);
  const base = source === undefined ? baseOf(change, places.root) : gitPath(source.name, source.path);
  const at = (path: string): string => {
    if (path.split('/').some((part) => part === '..' || part === '.') || path.includes('\0'))
      throw new AppError('invalid_params', `"${path}" is not the path of a file below "${change.path}".`);
    if (path === '') return base;
    return source !== undefined ? `${base}${base.endsWith(':') ? '' : '/'}${path}` : join(base, path);
  };
  const scan: Scan = {
    files: new Map(change.files.map(({ path, text, inFolder }) => [at(path), { text, inFolder }])),
    unreadable: new Map(
      change.unreadable.map(({ path, message }) => [at(path), problemAt(at(path), message)]),
    ),
    leftOut: change.leftOut.map(({ path, message, severity }) => problemAt(at(path), message, severity)),
  };
  const below = base.endsWith(':') ? base : `${base}${source === undefined ? sep : '/'}`;
  const replaced = store.scopes().filter((scope) => scope === base || scope.startsWith(below));
  const notes = `asked about ${base}`;
  const taken = takeChanges(new Map(replaced.map((scope) => [scope, NOTHING_LIKE_IT])), {
    seen: scan,
    notes: { scope: notes, problems: [] },
    read: (path, { text, inFolder }) => {
      if (source === undefined) return readDocuments(path, text, { inFolder });
      const inside = path.slice(gitPath(source.name, '').length);
      const git = { source: source.name, commit: source.commit, path: inside };
      return readDocuments(join(places.checkouts, source.name, inside), text, { inFolder, git });
    },
  });
  const asked = new Set([
    ...scan.files.keys(),
    ...scan.unreadable.keys(),
    ...scan.leftOut.map(({ path }) => path),
  ]);
  return {
    changes: source?.declared === undefined ? taken : new Map([...taken, source.declared]),
    readSources: source === undefined ? [] : [source.name],
    isAbout: ({ path }) => asked.has(path),
    // A repository has no other names for its files than those that Tutti gives them.
    asGiven: (text) =>
      base === change.path || source?.declared !== undefined
        ? text
        : text.replaceAll(base, () => change.path),
  };
}

/** The plan in the words of who asked. */
export async function planAsked(inForce: InForce, asked: AskedChanges): Promise<ApiPlan> {
  const { asGiven } = asked;
  const plan = await planChanges(inForce, asked);
  const problems = plan.problems.map((problem) => ({
    ...problem,
    path: asGiven(problem.path),
    message: asGiven(problem.message),
  }));
  return { ...plan, problems, drift: [] };
}

/** No text of a file: all of them count as changed, and equal declarations are found equal afterwards. */
const NOTHING_LIKE_IT = '\0';

interface AskedSource {
  readonly name: string;
  /** What is read of the repository. */
  readonly path: string;
  readonly commit: string;
  /** The scope that declares it, where it is not declared yet. */
  readonly declared?: readonly [string, ScopeContent];
}

function sourceOf(
  { source: name, repository }: ApiPlanChange,
  store: ResourceStore,
  { root }: ReadPlaces,
): AskedSource | undefined {
  const sources = store.sources();
  if (repository !== undefined) {
    const free = ['git', ...sources.map((_, index) => `git-${index + 2}`)];
    const own = free.find((one) => sources.every((source) => source.name !== one)) ?? 'git';
    const { commit, ...git } = repository;
    const resource = readGitOptions(git, own);
    return { name: own, path: resource.spec.git.path, commit, declared: gitScope(resource) };
  }
  const [only, ...others] = sources;
  const wanted = name === undefined && root === undefined && others.length === 0 ? only?.name : name;
  const names = sources.map((source) => source.name).join(', ');
  if (wanted === undefined && root === undefined)
    throw new AppError('invalid_params', `Say in the place of which Source they are: ${names}.`);
  if (wanted === undefined) return undefined;
  const found = sources.find((source) => source.name === wanted);
  if (found === undefined)
    throw new AppError(
      'not_found',
      `There is no Source "${wanted}". ${names === '' ? 'None is declared.' : `There are: ${names}.`}`,
    );
  const commit = store
    .list()
    .map(({ resource: { origin } }) => origin)
    .find((origin) => origin.kind === 'git' && origin.source === wanted);
  return {
    name: wanted,
    path: found.spec.git.path,
    commit: commit?.kind === 'git' ? commit.commit : 'planned',
  };
}

/** What is below the path that is read takes the place of that part of it; all else takes the place of the whole. */
function baseOf({ path, isFolder }: ApiPlanChange, root: ReadPlaces['root']): string {
  if (root === undefined || path === root.path || path.startsWith(`${root.path}${sep}`)) return path;
  if (isFolder === root.isFolder) return root.path;
  const [given, read] = [isFolder, root.isFolder].map((folder) => (folder ? 'folder' : 'file'));
  throw new AppError(
    'invalid_params',
    `The ${given} ${path} can't take the place of the ${read} ${root.path}, which this instance reads; name a ${read}.`,
  );
}
