// Fifty stdio servers from one repository: how long until all of them take calls, what Tutti itself takes for that, and
// what further looks at a repository without news cost and change.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { median } from '../load/latencies.ts';
import { stdioUpstream } from '../targets/bare.ts';
import { cpuTimeMs, residentBytes, sleep } from '../targets/process.ts';
import { startTutti } from '../targets/tutti.ts';

const SERVERS = 50;
const TOOLS_EACH = 10;
const STARTS = 3;
const PASSES = 10;
/** Events are written behind. */
const SETTLE_MS = 2_000;
/** By then the store's thread rests, and V8 has given back its memory. */
const IDLE_MS = 30_000;

export interface FleetResult {
  readonly servers: number;
  readonly tools: number;
  readonly readyMs: number;
  readonly residentBytes: number;
  readonly passes: number;
  readonly passMs: number;
  readonly passCpuMs: number;
  /** Of all passes together. */
  readonly restarts: number;
  readonly commits: number;
}

const ServersSchema = z.object({
  items: z.array(
    z.object({
      toolCount: z.number().optional(),
      status: z.object({ state: z.string(), restartCount: z.number(), pid: z.number().optional() }),
    }),
  ),
});

export async function measureFleet(parent: string, bin: string): Promise<FleetResult> {
  const folder = join(parent, 'fleet');
  mkdirSync(folder, { recursive: true });
  const from = ['--git', makeRepository(join(folder, 'repository')), '--path', 'servers'];
  const options = { folder, servers: {}, bin, from };
  const starts: number[] = [];
  // The first start fills the compile cache and is not counted.
  for (let attempt = 0; attempt < STARTS; attempt += 1) {
    const startedAt = performance.now();
    await using tutti = await startTutti(options);
    await tutti.running.waitFor(() => isReady(tutti.url));
    if (attempt > 0) starts.push(performance.now() - startedAt);
  }

  const startedAt = performance.now();
  await using tutti = await startTutti(options);
  await tutti.running.waitFor(() => isReady(tutti.url));
  starts.push(performance.now() - startedAt);
  await reload(tutti.url, tutti.token);
  await sleep(SETTLE_MS);
  using store = new DatabaseSync(join(folder, 'state', 'tutti.db'), { readOnly: true });
  // Counts the commits of others.
  const version = store.prepare('pragma data_version');
  const written = (): number => Number(version.get()?.['data_version']);
  const before = { restarts: await restarts(tutti.url), written: written(), cpuMs: cpuTimeMs(tutti.pid) };
  const passesAt = performance.now();
  for (let pass = 0; pass < PASSES; pass += 1) await reload(tutti.url, tutti.token);
  const passMs = (performance.now() - passesAt) / PASSES;
  const passCpuMs = (cpuTimeMs(tutti.pid) - before.cpuMs) / PASSES;
  await sleep(SETTLE_MS);
  const after = { restarts: await restarts(tutti.url), written: written() };
  await sleep(IDLE_MS);
  return {
    servers: SERVERS,
    tools: SERVERS * TOOLS_EACH,
    readyMs: median(starts),
    residentBytes: residentBytes(tutti.pid),
    passes: PASSES,
    passMs,
    passCpuMs,
    restarts: after.restarts - before.restarts,
    commits: after.written - before.written,
  };
}

/** One executor file for each server; resolves with its `file:` URL. */
function makeRepository(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(join(path, 'servers'), { recursive: true });
  for (let index = 0; index < SERVERS; index += 1) {
    const name = `server-${index}`;
    const args = stdioUpstream('legacy', TOOLS_EACH);
    const text = JSON.stringify({ name, enabled: true, command: process.execPath, args, env: {} });
    writeFileSync(join(path, 'servers', `${name}.json`), text);
  }
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', ...args], {
      cwd: path,
    });
  };
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'Fifty servers');
  return pathToFileURL(path).href;
}

async function serversOf(url: string): Promise<z.infer<typeof ServersSchema>['items']> {
  const answer: unknown = await (await fetch(new URL('/api/v1/servers', url))).json();
  return ServersSchema.parse(answer).items;
}

async function isReady(url: string): Promise<true | undefined> {
  const ready = (await serversOf(url)).filter(
    ({ status, toolCount }) => status.state === 'Running' && toolCount === TOOLS_EACH,
  );
  return ready.length === SERVERS ? true : undefined;
}

async function restarts(url: string): Promise<number> {
  return (await serversOf(url)).reduce((sum, { status }) => sum + status.restartCount, 0);
}

async function reload(url: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(new URL('/api/v1/reload', url), { method: 'POST', headers });
  if (!answer.ok) throw new Error(`reload: ${answer.status} ${await answer.text()}`);
  await answer.text();
}
