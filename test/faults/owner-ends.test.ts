// The end of Tutti itself, asked for or not: nothing of it stays, nothing of it is in the way of the next start.

import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo, errorText } from './support/calls.ts';
import { declared, faulty, wrapped } from './support/declared.ts';
import { inFlight, isAlive, processesWith, statusOf } from './support/observe.ts';

let folder: string;
let mark: string;
let silent: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-end-'));
  mark = `MARK=${folder}`;
  silent = join(folder, 'silent');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const start = (waitFor: readonly string[]): Promise<Gateway> => {
  const env = { MARK: folder };
  const options = { timeout: '300s', env, stopGrace: '300ms' };
  const files = declared({
    plain: faulty(options, '--hang-while', silent),
    npx: wrapped(options, '--hang-while', silent),
  });
  return startGateway({ folder, waitFor, ...(files === undefined ? {} : { files }) });
};

/** Leaves grandchildren in sessions of their own; returns the processes that there are now. */
async function multiply(gateway: Gateway): Promise<number> {
  for (const server of ['plain', 'npx'])
    await modernRequest(gateway.serverUrl(server), 'tools/call', call('spawn'));
  const processes = await processesWith(mark);
  expect(processes.length).toBeGreaterThanOrEqual(2 + 2 + 2);
  return processes.length;
}

const nothingLeft = (): Promise<true> =>
  eventually(async () => (await processesWith(mark)).length === 0, { what: 'all processes to be gone' });

describe('kill -9', () => {
  test('no child survives, the lock is free, the next start lists from its cache at once', async () => {
    verifies('SUP-01', 'SUP-10', 'CAT-04', 'OPS-09');
    const first = await start(['plain', 'npx']);
    const list = (await modernRequest(first.mcpUrl, 'tools/list')).result ?? '';
    expect(memberText(list, 'tools')).toContain('npx_echo');
    await multiply(first);
    process.kill(first.pid, 'SIGKILL');
    await first.process.ended;
    await nothingLeft();

    await writeFile(silent, '');
    await using second = await start([]);
    expect((await statusOf(second, 'plain')).state).toBe('Starting');
    const cached = (await modernRequest(second.mcpUrl, 'tools/list')).result ?? '';
    expect(memberText(cached, 'tools')).toBe(memberText(list, 'tools'));
    // A call waits for the server, which answers to the next attempt at the latest.
    await rm(silent);
    await eventually(() => echo(second.serverUrl('npx')).then(() => true), { timeoutMs: 40_000 });
  }, 60_000);

  test('at any moment of a start: nothing stays', async () => {
    verifies('SUP-01');
    for (let round = 0; round < 3; round++) {
      const gateway = await start([]);
      if (round > 0) await eventually(async () => (await processesWith(mark)).length >= round * 2);
      process.kill(gateway.pid, 'SIGKILL');
      await gateway.process.ended;
      await nothingLeft();
    }
  });
});

describe('SIGTERM', () => {
  test('calls under way are finished, children stopped, instance.json removed, exit code 0', async () => {
    verifies('SUP-09', 'OPS-09', 'SUP-01');
    const gateway = await start(['plain', 'npx']);
    await multiply(gateway);
    const client = await openLegacy(gateway.serverUrl('plain'));
    const standing = await client.stream();
    const args = { count: 20, everyMs: 50 };
    const slow = [
      modernRequest(gateway.serverUrl('npx'), 'tools/call', call('steps', args)),
      client.request('tools/call', call('steps', args)),
    ];
    await eventually(async () => (await inFlight(gateway, 'plain')) === 1);
    process.kill(gateway.pid, 'SIGTERM');
    for (const answer of await Promise.all(slow))
      expect(memberText(answer.result ?? '', 'structuredContent', 'count')).toBe('20');
    expect(await gateway.process.ended).toEqual({ code: 0, signal: null });
    await standing.ended;
    expect(existsSync(join(gateway.statePath, 'instance.json'))).toBe(false);
    expect(await processesWith(mark)).toEqual([]);
    await expect(fetch(gateway.url)).rejects.toThrow('fetch failed');
  });

  test('a call that does not end is given up after the time for it, and told why', async () => {
    verifies('SUP-09', 'OPS-09');
    const gateway = await start(['plain']);
    const hanging = modernRequest(gateway.serverUrl('plain'), 'tools/call', call('hang'));
    await eventually(async () => (await inFlight(gateway, 'plain')) === 1);
    process.kill(gateway.pid, 'SIGTERM');
    expect(errorText(await hanging)).toContain('tutti is stopping');
    expect(await gateway.process.ended).toEqual({ code: 0, signal: null });
    expect(await processesWith(mark)).toEqual([]);
  });

  test('again: at once, and nothing stays', async () => {
    verifies('SUP-09', 'SUP-01');
    const gateway = await start(['plain', 'npx']);
    await multiply(gateway);
    const hanging = modernRequest(gateway.serverUrl('plain'), 'tools/call', call('hang')).catch(String);
    await eventually(async () => (await inFlight(gateway, 'plain')) === 1);
    process.kill(gateway.pid, 'SIGINT');
    await eventually(() => gateway.process.output().includes('again stops at once'));
    // What comes too soon counts as the same one.
    await eventually(() => {
      gateway.process.child.kill('SIGINT');
      return gateway.process.child.exitCode !== null;
    });
    expect(await gateway.process.ended).toEqual({ code: 130, signal: null });
    await hanging;
    await nothingLeft();
    expect(await isAlive(gateway.pid)).toBe(false);
  });
});
