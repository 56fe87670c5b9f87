// Planning on the side of who asks: reading the declarations at a path as they would be read for real, and planning where
// nothing runs. Opens no store, starts nothing.

import { stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import type { ApiPlan, ApiPlanChange } from '@tutti/schemas';
import { openCatalog } from '../../reconcile/mcp-server/catalog.ts';
import { createPassingNames } from '../../reconcile/mcp-server/shared-names.ts';
import { AS_APPROVED } from '../../reconcile/mcp-server/pins/judge.ts';
import { preview } from '../../reconcile/mcp-server/preview.ts';
import { readDocuments } from '../../resources/read-documents.ts';
import { createResourceStore } from '../../resources/store.ts';
import { EMPTY_SNAPSHOT } from '../../snapshot/builder.ts';
import { takeChanges } from '../../sources/changes.ts';
import { isProject } from '../../sources/files/project.ts';
import { scan, scanProject } from '../../sources/files/scan.ts';
import type { Scan } from '../../sources/seen.ts';
import type { Environment } from '../environment.ts';
import { resolveGitStateDir } from '../state-dir.ts';
import { askedChanges, planAsked } from './asked-changes.ts';
import { type InForce, planChanges } from './plan-changes.ts';

type PlanEnvironment = Pick<Environment, 'upstreamProxy' | 'isInCluster' | 'variables'>;

/** Where `tutti up` listens unless it is told otherwise. */
const DEFAULTS = { host: '127.0.0.1', port: 7400, insecureOpen: false };

/** The declarations at a file or folder, for a request to plan. Never throws for its contents. */
export async function readDeclarations(path: string): Promise<ApiPlanChange> {
  const root = resolve(path);
  const seen = await look(root);
  const below = (full: string): string => relative(root, full).split(sep).join('/');
  return {
    path: root,
    isFolder: await isFolder(root),
    files: [...seen.files].map(([file, { text, inFolder }]) => ({ path: below(file), text, inFolder })),
    unreadable: [...seen.unreadable].map(([file, { message }]) => ({ path: below(file), message })),
    leftOut: seen.leftOut.map(({ path: file, message, severity }) => ({
      path: below(file),
      message,
      severity,
    })),
  };
}

/** What `tutti up` would do with the declarations at a path. */
export async function planFromNothing(path: string, environment: PlanEnvironment): Promise<ApiPlan> {
  const changes = takeChanges(new Map(), {
    seen: await look(resolve(path)),
    notes: { scope: 'notes', problems: [] },
    read: (file, { text, inFolder }) => readDocuments(file, text, { inFolder }),
  });
  const plan = await planChanges(await nothing(environment), { changes, isAbout: () => true });
  return { ...plan, drift: [] };
}

/** What `tutti up --git` would do with a repository. */
export async function planRepositoryFromNothing(
  change: ApiPlanChange,
  environment: Environment,
): Promise<ApiPlan> {
  const inForce = await nothing(environment);
  const { url = '', path = '' } = change.repository ?? {};
  const folder = resolveGitStateDir(undefined, environment, { url, path });
  const places = { root: undefined, checkouts: join(folder, 'sources') };
  return await planAsked(inForce, askedChanges(change, inForce.store, places));
}

/** What is in force where nothing runs. */
async function nothing(environment: PlanEnvironment): Promise<InForce> {
  const nothing = async (): Promise<void> => {};
  const approve = async () => AS_APPROVED;
  const catalog = await openCatalog({
    store: { load: async () => [], save: nothing, remove: nothing },
    names: createPassingNames(new Map()),
    pins: { check: approve, foresee: approve, remove: nothing },
    clock: { nowMs: () => 0, after: () => ({ [Symbol.dispose]() {} }) },
    warn: () => {},
    renamed: { server() {}, family() {} },
  });
  return {
    store: createResourceStore(),
    servers: { list: () => [], problems: () => [] },
    snapshot: () => EMPTY_SNAPSHOT,
    preview: (desired) =>
      preview({ desired, catalog, known: new Map(), published: EMPTY_SNAPSHOT, nowMs: 0 }),
    proxy: { base: () => undefined, problems: () => [] },
    accesses: { all: () => [], problems: () => [] },
    environment,
    listensAt: DEFAULTS,
  };
}

function look(root: string): Promise<Scan> {
  return isProject(root) ? scanProject(root) : scan(root);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
