// Desired state from a file, a folder or a project. It watches first and reads then, so that no change falls in between; every
// change is answered by looking at the whole path again, and what came to be the same is not applied again. A file
// that went bad keeps its last good servers (resources/store.ts); nothing is removed because it can't be read.

import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { watch as watchPaths, type FSWatcher } from 'chokidar';
import type { Clock } from '../../kernel/clock.ts';
import { createSingleFlight } from '../../kernel/single-flight.ts';
import type { Problem } from '../../resources/problem.ts';
import { readDocuments } from '../../resources/read-documents.ts';
import type { ResourceStore, ScopeContent } from '../../resources/store.ts';
import { takeChanges, type Applied } from '../changes.ts';
import { MAX_DEPTH } from '../limits.ts';
import { isIgnoredName, PROJECT_NAMES } from '../seen.ts';
import { createDebounce } from './debounce.ts';
import { MAX_WAIT_MS, QUIET_MS } from './limits.ts';
import { isProject } from './project.ts';
import { scan, scanProject } from './scan.ts';

export interface FileSource extends AsyncDisposable {
  /** Settles when the first look is applied, never rejects. Before that nothing may be taken as absent. */
  readonly synced: Promise<void>;
  /** Looks now; resolves when what it found is applied. */
  reload(): Promise<void>;
  /** What a look now would apply, without applying it. */
  pending(): Promise<ReadonlyMap<string, ScopeContent | null>>;
  close(): Promise<void>;
}

export interface FileSourceDeps {
  /** A file or a folder; whether the folder is a project is seen once, at the start. */
  readonly path: string;
  readonly store: ResourceStore;
  readonly clock: Clock;
}

/** Starts to watch and to read. */
export function createFileSource({ path, store, clock }: FileSourceDeps): FileSource {
  const root = resolve(path);
  const ofProject = isProject(root);
  const applied: Applied = new Map();
  let watchProblems: readonly Problem[] = [];
  let isClosed = false;

  async function changesFrom(known: () => Applied): Promise<ReadonlyMap<string, ScopeContent | null>> {
    const seen = await (ofProject ? scanProject(root) : scan(root));
    if (isClosed) return new Map();
    const notes = { scope: `watch of ${root}`, problems: watchProblems };
    return takeChanges(known(), {
      seen,
      notes,
      read: (path, { text, inFolder }) => readDocuments(path, text, { inFolder }),
    });
  }

  const look = createSingleFlight(async () => {
    const changes = await changesFrom(() => applied);
    if (changes.size > 0) store.apply(changes);
  });

  const debounce = createDebounce({
    clock,
    quietMs: QUIET_MS,
    maxWaitMs: MAX_WAIT_MS,
    run: () => void look.run(),
  });
  const watcher = startWatcher(ofProject ? PROJECT_NAMES.map((name) => join(root, name)) : [root]);
  const watching = new Promise<void>((ready) => watcher.once('ready', ready));
  watcher.on('all', () => debounce.trigger());
  watcher.on('error', (error) => {
    watchProblems = [cannotWatch(root, error)];
    debounce.trigger();
  });

  async function close(): Promise<void> {
    isClosed = true;
    debounce[Symbol.dispose]();
    await watcher.close();
    await look.idle();
  }
  return {
    synced: watching.then(look.run),
    reload: look.run,
    pending: () => changesFrom(() => new Map(applied)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Links are not followed, but for the paths themselves. */
function startWatcher(paths: readonly string[]): FSWatcher {
  const roots = [...new Set([...paths, ...paths.map(realPathOf)])];
  return watchPaths(roots, {
    ignoreInitial: true,
    followSymlinks: false,
    ignorePermissionErrors: true,
    atomic: false,
    depth: MAX_DEPTH,
    ignored: (path) => !roots.includes(path) && isIgnoredName(basename(path), roots.includes(dirname(path))),
  });
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It is not there yet; the look says so.
    return path;
  }
}

function cannotWatch(path: string, error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const advice = code === 'ENOSPC' ? 'raise fs.inotify.max_user_watches, or run' : 'run';
  const message = `changes can't be watched (${code}); ${advice} \`tutti reload\` after a change`;
  return { path, line: 1, column: 1, message, severity: 'warning' };
}
