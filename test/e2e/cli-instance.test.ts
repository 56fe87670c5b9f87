// Which instance a command means, and what it says of a server that can't run.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.ts';
import { declared, faulty } from '../faults/support/declared.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';

const stack = new AsyncDisposableStack();
let gateway: Gateway;
let elsewhere: string;

beforeAll(async () => {
  elsewhere = await mkdtemp(join(tmpdir(), 'tutti-elsewhere-'));
  stack.defer(() => rm(elsewhere, { recursive: true, force: true }));
  const files = declared({ fine: faulty(), stuck: faulty({ env: { A: '${NOT_SET_ANYWHERE}' } }) });
  gateway = stack.use(await startGateway({ files, waitFor: ['fine'] }));
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const cli = (...args: readonly string[]) => runCli(args, { cwd: elsewhere, env: { HOME: elsewhere } });

test('a state folder names the instance, for every command that talks to one', async () => {
  verifies('OPS-02');
  const state = ['--state', gateway.statePath];
  for (const args of [
    ['get', 'servers'],
    ['describe', 'server', 'fine'],
    ['explain', 'fine_echo'],
    ['logs', 'fine'],
    ['events'],
    ['pins'],
    ['tools'],
    ['results'],
    ['plan'],
    ['reload'],
    ['restart', 'fine'],
    ['suspend', 'fine'],
    ['resume', 'fine'],
    ['doctor'],
    ['connect', 'claude-code'],
    ['export', 'metamcp'],
  ]) {
    const { exitCode, stdout, stderr } = await cli(...args, ...state);
    // These find the problem of the server that can't run.
    const isAboutProblems = ['doctor', 'plan', 'reload'].includes(args[0] ?? '');
    expect([args.join(' '), stderr]).toEqual([args.join(' '), expect.not.stringContaining('not running')]);
    if (!isAboutProblems) expect([args.join(' '), exitCode]).toEqual([args.join(' '), 0]);
    if (args[0] === 'connect') expect(stdout).toContain(new URL(gateway.url).host);
  }
  // What runs elsewhere is not meant: neither the only one, nor the one of what is here.
  const { exitCode, stderr } = await cli('get', 'servers', '--state', join(elsewhere, 'none'));
  expect([exitCode, stderr]).toEqual([5, expect.stringContaining(`folder ${join(elsewhere, 'none')}`)]);
}, 120_000);

test('a server that is blocked does not start, and the command says why', async () => {
  verifies('SRC-06', 'OPS-05');
  const state = ['--state', gateway.statePath];
  for (const [action, code] of [
    ['start', 1],
    ['restart', 1],
    ['resume', 0],
  ] as const) {
    const { exitCode, stdout } = await cli(action, 'stuck', ...state);
    expect([action, exitCode, stdout]).toEqual([
      action,
      code,
      expect.stringMatching(/^stuck is .*blocked, and does not run: .*NOT_SET_ANYWHERE/),
    ]);
  }
  const { stdout } = await cli('start', 'stuck', '-o', 'json', ...state);
  expect(JSON.parse(stdout)).toMatchObject({ suspended: false, blocked: expect.stringContaining('NOT_SET') });
  expect((await cli('start', 'fine', ...state)).stdout).toBe('fine runs already.\n');
}, 60_000);
