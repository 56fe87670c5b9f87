// The bench's own programs as targets: the upstream itself, and the floor in front of it.

import { fileURLToPath } from 'node:url';
import type { Era } from '../load/requests.ts';
import { start, type Running } from './process.ts';
import { PLAIN_TOOLS, type Target, type TargetName } from './target.ts';

export function benchFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** The arguments after `node` that start the stdio upstream. */
export function stdioUpstream(era: Era, tools = 2): string[] {
  return [benchFile('upstreams/stdio.ts'), '--era', era, '--tools', String(tools)];
}

export function startHttpUpstream(era: Era, tools = 2): Promise<Target> {
  return startBare('direct', [benchFile('upstreams/http.ts'), '--era', era, '--tools', String(tools)]);
}

export function startStdioFloor(era: Era): Promise<Target> {
  return startBare('floor', [benchFile('floor/stdio.ts'), process.execPath, ...stdioUpstream(era)]);
}

export function startHttpFloor(upstream: string): Promise<Target> {
  return startBare('floor', [benchFile('floor/http.ts'), upstream]);
}

export function startCeiling(): Promise<Target> {
  return startBare('direct', [benchFile('upstreams/ceiling.ts')]);
}

async function startBare(name: TargetName, args: readonly string[]): Promise<Target> {
  const running = start({ command: process.execPath, args });
  const url = await running.waitFor(() => announcedUrl(running));
  return {
    name,
    url,
    pid: running.pid,
    tools: PLAIN_TOOLS,
    sessions: 'each',
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

function announcedUrl(running: Running): string | undefined {
  return /listening on (\S+)/.exec(running.output())?.[1];
}
