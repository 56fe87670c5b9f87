// Tutti as a target: `tutti up` on a generated configuration and a state folder of its own.

import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openClient } from '../load/client-session.ts';
import { benchFile } from './bare.ts';
import { start, type Running } from './process.ts';
import type { Target } from './target.ts';

/** Servers in the format that every client knows. */
export type ServerConfig =
  | { readonly command: string; readonly args: readonly string[] }
  | { readonly type: 'http'; readonly url: string };

export interface TuttiOptions {
  readonly folder: string;
  readonly servers: Readonly<Record<string, ServerConfig>>;
  readonly bin: string;
  /** What stands in the place of the configuration: `['--git', url]`. */
  readonly from?: readonly string[];
  /** Keep the state of an earlier start. */
  readonly keepState?: boolean;
}

export interface Tutti extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Of the instance. */
  readonly token: string;
  readonly running: Running;
}

export const SOURCE_BIN = benchFile('../packages/cli/bin/tutti.js');

/** Resolves as soon as the endpoint listens. */
export async function startTutti(options: TuttiOptions): Promise<Tutti> {
  const { folder, servers, bin } = options;
  const state = join(folder, 'state');
  if (options.keepState !== true) await rm(state, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'mcp.json');
  await writeFile(config, JSON.stringify({ mcpServers: servers }));
  const running = start({
    command: process.execPath,
    args: [bin, 'up', ...(options.from ?? [config]), '--port', '0', '--state', state],
    cwd: folder,
    // As a user has it by default, but without the log: it would be measured too.
    env: { TUTTI_LOG: 'error', NODE_COMPILE_CACHE: join(folder, '..', 'compile-cache') },
  });
  const instance = join(state, 'instance.json');
  const { url, token } = await running.waitFor(() => readInstance(instance));
  return {
    url: new URL('/mcp', url).href,
    token,
    pid: running.pid,
    running,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

function readInstance(path: string): { url: string; token: string } | undefined {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const url = /"url":\s*"([^"]+)"/.exec(text)?.[1];
  const token = /"token":\s*"([^"]+)"/.exec(text)?.[1];
  return url === undefined || token === undefined ? undefined : { url, token };
}

/** Tutti in front of one server, ready to be called. */
export async function startTuttiTarget(folder: string, server: ServerConfig, bin: string): Promise<Target> {
  const tutti = await startTutti({ folder, servers: { bench: server }, bin });
  const tools = await tutti.running.waitFor(() => findTools(tutti.url));
  return {
    name: 'tutti',
    url: tutti.url,
    pid: tutti.pid,
    tools,
    sessions: 'each',
    [Symbol.asyncDispose]: () => tutti[Symbol.asyncDispose](),
  };
}

async function findTools(url: string): Promise<Target['tools'] | undefined> {
  const client = await openClient(url);
  const { tools } = await client.listPage(undefined);
  await client.close();
  const small = tools.find((tool) => tool.endsWith('echo'));
  const big = tools.find((tool) => tool.endsWith('big'));
  return small === undefined || big === undefined ? undefined : { small, big };
}
