// `tutti stdio`: a client that starts a command gets the same endpoint as everybody. The bridge attaches to the host
// that owns the configuration's state, and starts one in the background when there is none.

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { ATTACH_PATH } from './attachments.ts';
import { readEnvironment } from './environment.ts';
import { findConfiguration } from './find-configuration.ts';
import { type Instance, readRunningInstance } from './instance-file.ts';
import { resolveStateDir } from './state-dir.ts';

export interface StdioOptions {
  readonly path?: string | undefined;
  readonly statePath?: string | undefined;
  /** Only what this toolset shows. */
  readonly set?: string | undefined;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly signal: AbortSignal;
  /** How this program is started, to start it once more as the host. */
  readonly self: { readonly execPath: string; readonly binPath: string };
}

const START_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

/** Runs until stdin ends, the signal is aborted or the host is gone. */
export async function runStdio(options: StdioOptions): Promise<void> {
  const environment = readEnvironment();
  const findConfig = (): string => findConfiguration(options.path, environment);
  // To attach to what runs its state folder is enough: it may be of a repository and have no path.
  const statePath =
    options.path === undefined && options.statePath !== undefined
      ? resolve(options.statePath)
      : resolveStateDir(options.statePath, environment, findConfig());
  const instance =
    (await readRunningInstance(statePath, options.signal)) ??
    (await startOwner(options, findConfig(), statePath));
  const { set } = options;
  if (set !== undefined) await requireToolset(set, instance, environment.token, options.signal);
  using attached = attach(instance, options.signal);
  // The host, which shares this entry, has no use for what the bridge needs.
  const { createBridge } = await import('./stdio/bridge.ts');
  const bridge = createBridge({
    url: new URL(set === undefined ? '/mcp' : `/mcp/sets/${encodeURIComponent(set)}`, instance.url),
    stdin: options.stdin,
    stdout: options.stdout,
    clock: systemClock,
    token: environment.token,
    random: Math.random,
  });
  let ended: 'done' | 'lost';
  try {
    ended = await Promise.race([bridge.done.then(() => 'done' as const), attached.lost]);
  } finally {
    await bridge.close();
  }
  if (ended === 'lost' && !options.signal.aborted) {
    throw new AppError(
      'unavailable',
      `the instance of tutti at ${instance.url} is gone; start the client's server again`,
    );
  }
}

/** A client would only see that the endpoint is not there. */
async function requireToolset(
  name: string,
  { url }: Instance,
  token: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const at = new URL(`/api/v1/toolsets/${encodeURIComponent(name)}`, url);
  const { status } = await fetch(at, { headers, signal });
  if (status === 404)
    throw new AppError('not_found', `there is no toolset "${name}"; list them with \`tutti get toolsets\``);
}

/** Starts a host that ends by itself when nobody is attached any more. */
async function startOwner(options: StdioOptions, configPath: string, statePath: string): Promise<Instance> {
  const { execPath, binPath } = options.self;
  const child = spawn(
    execPath,
    [binPath, 'up', configPath, '--state', statePath, '--port', '0', '--while-attached'],
    {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaints.length < MAX_COMPLAINTS) complaints.push(chunk);
  });
  let exited = false;
  child.once('exit', () => (exited = true));
  child.once('error', () => (exited = true));
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
  while (!signal.aborted) {
    const instance = await readRunningInstance(statePath, signal);
    if (instance !== undefined) {
      child.stderr.destroy();
      child.unref();
      return instance;
    }
    // Whoever lost a race against another starter finds that one's instance.
    if (exited && complaints.length > 0 && !Buffer.concat(complaints).includes('already running')) break;
    await pause(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  const text = Buffer.concat(complaints).toString().trim();
  throw new AppError('unavailable', text === '' ? `tutti did not start within ${START_TIMEOUT_MS} ms` : text);
}

const MAX_COMPLAINTS = 100;

/** Keeps the host alive, and learns of its end. */
function attach(instance: Instance, signal: AbortSignal): Disposable & { readonly lost: Promise<'lost'> } {
  const own = new AbortController();
  const hold = async (): Promise<'lost'> => {
    try {
      const response = await fetch(new URL(ATTACH_PATH, instance.url), {
        headers: { authorization: `Bearer ${instance.token}` },
        signal: AbortSignal.any([signal, own.signal]),
      });
      for await (const _chunk of response.body ?? []) continue;
    } catch {
      // The stream ended, by whichever side.
    }
    return 'lost';
  };
  return { lost: hold(), [Symbol.dispose]: () => own.abort() };
}
