// Resident memory of the Tutti process: idle without servers, and for each open session.

import { join } from 'node:path';
import { openClient, type ClientSession } from '../load/client-session.ts';
import { median } from '../load/latencies.ts';
import { stdioUpstream } from '../targets/bare.ts';
import type { Bins } from '../targets/emitted.ts';
import { residentBytes, sleep } from '../targets/process.ts';
import { startTutti } from '../targets/tutti.ts';

const SESSIONS = 500;
/** Opened and closed before, so that code and caches are there already. */
const WARM_UP_SESSIONS = 100;
const SETTLE_MS = 3_000;
/** By then the store's thread rests, and V8 has given back its memory. */
const IDLE_MS = 30_000;
const IDLE_STARTS = 3;

export interface MemoryResult {
  readonly idleBytes: { readonly source: number; readonly emitted: number | undefined };
  readonly sessions: number;
  readonly bytesPerSession: number;
}

export async function measureMemory(folder: string, bins: Bins): Promise<MemoryResult> {
  const { source, emitted } = bins;
  return {
    idleBytes: {
      source: await measureIdle(join(folder, 'idle-source'), source),
      emitted: emitted === undefined ? undefined : await measureIdle(join(folder, 'idle-emitted'), emitted),
    },
    sessions: SESSIONS,
    bytesPerSession: await measureSessions(join(folder, 'sessions'), emitted ?? source),
  };
}

/** The first start fills the compile cache and is not counted. */
async function measureIdle(folder: string, bin: string): Promise<number> {
  const sizes: number[] = [];
  for (let attempt = 0; attempt <= IDLE_STARTS; attempt += 1) {
    await using tutti = await startTutti({ folder, servers: {}, bin });
    await sleep(IDLE_MS);
    if (attempt > 0) sizes.push(residentBytes(tutti.pid));
  }
  return median(sizes);
}

async function measureSessions(folder: string, bin: string): Promise<number> {
  const server = { command: process.execPath, args: stdioUpstream('legacy') };
  await using tutti = await startTutti({ folder, servers: { bench: server }, bin });
  for (const session of await openSessions(tutti.url, WARM_UP_SESSIONS)) await session.close();
  await sleep(IDLE_MS);
  const before = residentBytes(tutti.pid);
  const open = await openSessions(tutti.url, SESSIONS);
  await sleep(SETTLE_MS);
  const after = residentBytes(tutti.pid);
  for (const session of open) await session.close();
  return Math.max(0, after - before) / SESSIONS;
}

async function openSessions(url: string, count: number): Promise<ClientSession[]> {
  const sessions: ClientSession[] = [];
  for (let opened = 0; opened < count; opened += 1) {
    const session = await openClient(url);
    await session.listPage(undefined);
    sessions.push(session);
  }
  return sessions;
}
