// The one process that owns a state folder: takes the folder, puts the host together, and takes everything down in order.

import type { ApiProblem, ApiServer } from '@tutti/schemas';
import { type GitOptions, resolveConfiguration } from './configuration.ts';
import { readEnvironment } from './environment.ts';
import { acquireOwnerLock } from './owner-lock.ts';
import { ensureStateDir } from './state-dir.ts';
import { collectOnOneThread } from './young-garbage.ts';
import { composeHost } from './compose-host.ts';

export interface HostOptions {
  /** A file or a folder; the default of the working directory when left out. */
  readonly path?: string | undefined;
  /** A repository to take declarations from, instead of a path. */
  readonly git?: GitOptions | undefined;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly statePath?: string | undefined;
  /** Allows an address that others can reach although nothing authenticates them. */
  readonly insecureOpen?: boolean;
  /** Ends when no bridge has been attached for a while. */
  readonly whileAttached?: boolean;
  /** Calls in flight may finish for this long at the end. */
  readonly drainMs?: number;
  /** Gives up the start. */
  readonly signal?: AbortSignal;
  /** Takes Tutti's own log instead of stderr; only errors then, unless TUTTI_LOG says otherwise. */
  readonly terminal?: { write(text: string): void } | undefined;
}

export interface Host {
  readonly url: string;
  readonly mcpUrl: string;
  readonly statePath: string;
  servers(): readonly ApiServer[];
  problems(): readonly ApiProblem[];
  /** Called when anything that `servers` or `problems` tell may have changed. */
  onChange(listener: () => void): Disposable;
  /** Reads all sources again now; resolves when the outcome is in force. */
  reload(): Promise<void>;
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

export async function startHost(options: HostOptions): Promise<Host> {
  collectOnOneThread();
  const environment = readEnvironment();
  const configuration = resolveConfiguration(options, environment);
  const { statePath } = configuration;
  await ensureStateDir(statePath);
  await using stack = new AsyncDisposableStack();
  stack.use(await acquireOwnerLock(statePath));
  const { promise: closed, resolve: settle } = Promise.withResolvers<void>();
  let owned: AsyncDisposableStack | undefined;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (owned?.disposeAsync() ?? Promise.resolve()).finally(settle);
    return closing;
  };
  const host = await composeHost({
    options,
    environment,
    configuration,
    stack,
    unused: () => void close(),
  });
  owned = stack.move();
  return { ...host, closed, close };
}
