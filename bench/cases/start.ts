// From the start of the process to the first complete list of tools, with 20 stdio servers: cold, and with the discovery
// cache of an earlier run.

import { join } from 'node:path';
import { openClient } from '../load/client-session.ts';
import { median } from '../load/latencies.ts';
import { stdioUpstream } from '../targets/bare.ts';
import { startTutti, type ServerConfig } from '../targets/tutti.ts';

const SERVERS = 20;
const TOOLS_EACH = 10;
const STARTS = 5;

export interface StartResult {
  readonly servers: number;
  readonly tools: number;
  readonly coldMs: number;
  readonly cachedMs: number;
}

/** `starts`: how many pairs of starts; none: one pair, whose cold start fills the compile cache as well. */
export async function measureStart(folder: string, bin: string, starts = STARTS): Promise<StartResult> {
  const servers: Record<string, ServerConfig> = {};
  for (let index = 0; index < SERVERS; index += 1) {
    servers[`server-${index}`] = {
      command: process.execPath,
      args: stdioUpstream('legacy', TOOLS_EACH),
    };
  }
  const cold: number[] = [];
  const cached: number[] = [];
  for (let attempt = 0; attempt <= starts; attempt += 1) {
    const options = { folder: join(folder, 'start'), servers, bin };
    const coldMs = await timeToList({ ...options, keepState: false });
    const cachedMs = await timeToList({ ...options, keepState: true });
    // The first pair fills the compile cache.
    if (attempt > 0 || starts === 0) {
      cold.push(coldMs);
      cached.push(cachedMs);
    }
  }
  return { servers: SERVERS, tools: SERVERS * TOOLS_EACH, coldMs: median(cold), cachedMs: median(cached) };
}

async function timeToList(options: Parameters<typeof startTutti>[0]): Promise<number> {
  const startedAt = performance.now();
  await using tutti = await startTutti(options);
  const client = await openClient(tutti.url);
  return await tutti.running.waitFor(async () => {
    const tools = await client.listTools();
    return tools.length === SERVERS * TOOLS_EACH ? performance.now() - startedAt : undefined;
  });
}
