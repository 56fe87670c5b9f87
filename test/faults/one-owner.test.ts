// One state folder has one owner, however many want to be it; bridges come and go, and the owner that they started goes
// with the last of them.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startGateway } from '../support/gateway.ts';
import { startProcess } from '../support/process.ts';
import { memberText } from '../support/json-text.ts';
import { openStdio, type RawStdio } from '../support/raw-stdio.ts';
import { verifies } from '../verifies.ts';
import { call, echo } from './support/calls.ts';
import { declaration, declared, faulty } from './support/declared.ts';
import { isAlive, processesWith } from './support/observe.ts';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/tutti.js', import.meta.url));

test('a second `tutti up` on the same state says who is there, and ends with 4', async () => {
  verifies('SUP-10', 'OPS-09');
  await using gateway = await startGateway({ files: declared({ one: faulty() }), waitFor: ['one'] });
  const args = [BIN, 'up', gateway.configPath, '--port', '0', '--state', gateway.statePath];
  const second = startProcess(process.execPath, args);
  expect(await second.ended).toEqual({ code: 4, signal: null });
  expect(second.output()).toContain(`pid ${gateway.pid}`);
  expect(second.output()).toContain(gateway.url);
  expect(second.output()).not.toMatch(/ at .*\.ts:\d+/);
  await echo(gateway.serverUrl('one'));
});

test('three bridges at once start one owner, and it ends after the last, a killed one too', async () => {
  verifies('SUP-10', 'SUP-01', 'OPS-09');
  const folder = await mkdtemp(join(tmpdir(), 'tutti-bridges-'));
  try {
    const config = join(folder, 'config.json');
    await writeFile(config, declaration('one', faulty({ env: { MARK: folder } })));
    const state = join(folder, 'state');
    const bridges = Array.from({ length: 3 }, () =>
      openStdio(process.execPath, [BIN, 'stdio', config, '--state', state]),
    );
    const pids = await Promise.all(
      bridges.map(async (bridge) => {
        await bridge.initialize();
        return serverPid(bridge);
      }),
    );
    expect(new Set(pids).size).toBe(1);
    const instance: unknown = JSON.parse(await readFile(join(state, 'instance.json'), 'utf8'));
    const owner = Number(Object(instance).pid);
    expect(await processesWith(`MARK=${folder}`)).toHaveLength(1);

    const [killed, ended, last] = bridges;
    killed?.process.child.kill('SIGKILL');
    ended?.process.child.stdin.end();
    expect(await ended?.process.ended).toEqual({ code: 0, signal: null });
    await killed?.process.ended;
    expect(await isAlive(owner)).toBe(true);
    if (last !== undefined) expect(await serverPid(last)).toBe(pids[0]);

    last?.process.child.stdin.end();
    await last?.process.ended;
    await eventually(async () => !(await isAlive(owner)), { what: 'the owner to end' });
    expect(await processesWith(`MARK=${folder}`)).toEqual([]);
    await expect(readFile(join(state, 'instance.json'))).rejects.toThrow('ENOENT');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the owner is killed: its bridges end and say so, a new one starts a new owner', async () => {
  verifies('SUP-10', 'SUP-01');
  await using gateway = await startGateway({ files: declared({ one: faulty() }), waitFor: ['one'] });
  const args = [BIN, 'stdio', gateway.configPath, '--state', gateway.statePath];
  const bridge = openStdio(process.execPath, args);
  await bridge.initialize();
  await serverPid(bridge);
  process.kill(gateway.pid, 'SIGKILL');
  expect((await bridge.process.ended).code).toBe(5);
  expect(bridge.process.output()).toContain('is gone');

  const next = openStdio(process.execPath, args);
  await next.initialize();
  expect(await serverPid(next)).toBeGreaterThan(0);
  const instance: unknown = JSON.parse(await readFile(join(gateway.statePath, 'instance.json'), 'utf8'));
  expect(Object(instance).pid).not.toBe(gateway.pid);
  next.process.child.stdin.end();
  await next.process.ended;
  process.kill(Number(Object(instance).pid), 'SIGTERM');
  await eventually(async () => !(await isAlive(Number(Object(instance).pid))));
});

/** Calls through the bridge until the server is there. */
function serverPid(bridge: RawStdio): Promise<number> {
  return eventually(async () => {
    const answer = await bridge.request('tools/call', call('one_echo', { nonce: 1 }));
    const result = memberText(answer, 'result');
    return result === undefined ? undefined : Number(memberText(result, 'structuredContent', 'pid'));
  });
}
