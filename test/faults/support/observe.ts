// What a test sees of a running gateway: the status of a server, metrics, the processes and descriptors of the system.

import { readdir, readFile } from 'node:fs/promises';
import type { ApiServer } from '@tutti/schemas';
import { eventually } from '../../support/eventually.ts';
import type { Gateway } from '../../support/gateway.ts';

export async function statusOf(gateway: Gateway, name: string): Promise<ApiServer['status']> {
  const server = (await gateway.servers()).find((one) => one.name === name);
  if (server === undefined) throw new Error(`there is no server ${name}`);
  return server.status;
}

/** Waits until the server is in one of these states. */
export function inState(
  gateway: Gateway,
  name: string,
  ...states: readonly string[]
): Promise<ApiServer['status']> {
  return eventually(
    async () => {
      const status = await statusOf(gateway, name);
      return states.includes(status.state) ? status : undefined;
    },
    { what: `${name} to be ${states.join(' or ')}` },
  );
}

/** The sum of the samples of a metric, or of those with this label. */
export async function metric(gateway: Gateway, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  let sum = 0;
  for (const line of text.split('\n')) {
    const found = line.startsWith(`${name} `) || line.startsWith(`${name}{`);
    if (found && line.includes(label)) sum += Number(line.split(' ').at(-1));
  }
  return sum;
}

/** Calls that the server has not answered yet. */
export function inFlight(gateway: Gateway, server: string): Promise<number> {
  return metric(gateway, 'tutti_calls_in_flight', `server="${server}"`);
}

/** Pids of all processes whose environment holds the text. */
export async function processesWith(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.includes(text) ? [pid] : [];
    }),
  );
  return found.flat();
}

/** Whether the process exists and is no zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

/** Descriptors that come and go: connections of this very test, and to servers over HTTP, are kept for a moment. */
export const SPARE_FILES = 4;

export async function openFiles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** Clock ticks (10 ms) that the process has worked so far. */
export async function cpuTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
