// `tutti up --git` and what the other commands show of it.

import { mkdtemp } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiServerListSchema, ApiSourceListSchema } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesWith } from '../../../test/faults/support/observe.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { createGitRepository, startGitServer } from '../../../test/support/git-repository.ts';
import { verifies } from '../../../test/verifies.ts';
import { runCli, startCli, type CliOptions, type CliProcess, type CliResult } from './run-cli.ts';

const FAULTY = fileURLToPath(new URL('../../../test/programs/faults/faulty.mjs', import.meta.url));
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
};

test('an interrupt does not wait for a repository that does not answer', { timeout: 60_000 }, async () => {
  verifies('SRC-02', 'SUP-09');
  await using silent = await listenSilently();
  const home = await mkdtemp(join(tmpdir(), 'tutti-git-cli-'));
  await using up = startCli(['up', '--port', '0', '--git', `http://127.0.0.1:${silent.port}/x`], {
    cwd: home,
    env: { HOME: home, MARK: `marked-${silent.port}` },
  });
  await eventually(() => silent.connections() > 0, { timeoutMs: 60_000 });
  up.child.kill('SIGINT');
  expect(await up.result).toMatchObject({ exitCode: 130, stdout: '' });
  await eventually(async () => (await processesWith(`marked-${silent.port}`)).length === 0);
});

async function listenSilently() {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {}).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

describe('up --git', { timeout: 120_000 }, () => {
  const stack = new AsyncDisposableStack();
  let options: CliOptions;
  let up: CliProcess;
  let repository: Awaited<ReturnType<typeof createGitRepository>>;
  let url: string;
  const run = (...args: string[]): Promise<CliResult> => runCli(args, options);
  const executor = (more: object = {}): string =>
    JSON.stringify({ name: 'faulty', command: process.execPath, args: [FAULTY], ...more });

  beforeAll(async () => {
    const home = await mkdtemp(join(tmpdir(), 'tutti-git-cli-'));
    options = { cwd: home, env: { HOME: home, API_KEY: 'given', OTHER: 'kept back' } };
    const env = { KEY: '${API_KEY}', OTHER: '${OTHER:-nothing}' };
    repository = stack.use(await createGitRepository({ 'conf/faulty.json': executor({ env }) }));
    const server = stack.use(await startGitServer(repository));
    server.users.set('me', 'pass-word');
    url = server.url;
    const given = url.replace('http://', 'http://me:pass-word@');
    const more = ['--branch', 'main', '--path', 'conf', '--interval', '1h', '--env-allow', 'API_KEY'];
    up = stack.use(startCli(['up', '--port', '0', '--git', given, ...more], options));
    await eventually(
      async () => {
        const { stdout } = await run('get', 'servers', '-o', 'json');
        return (
          stdout !== '' && ApiServerListSchema.parse(JSON.parse(stdout)).items[0]?.toolCount !== undefined
        );
      },
      { timeoutMs: 60_000 },
    );
  }, 120_000);
  afterAll(() => stack.disposeAsync(), 60_000);

  test('get sources shows the commit in force; credentials are shown nowhere', async () => {
    verifies('SRC-02');
    const { stdout } = await run('get', 'sources');
    const commit = (await repository.git('rev-parse', '--short=7', 'HEAD')).trim();
    expect(stdout).toContain(`git   Synced  ${commit}  1        ${url}#main`);
    expect(stdout).toContain('First servers; pulled ');
    const json = (await run('get', 'sources', '-o', 'json')).stdout;
    expect(ApiSourceListSchema.parse(JSON.parse(json)).items).toHaveLength(1);
    const described = (await run('describe', 'server', 'faulty')).stdout;
    expect(described).toContain(`git:conf/faulty.json:1 (commit ${commit})`);
    for (const text of [stdout, json, described, up.stdout(), up.stderr()])
      expect(text).not.toContain('pass-word');
  });

  test('reload says what is wrong in the repository, and where', async () => {
    verifies('SRC-03', 'SRC-05');
    await repository.push('Wrong', { 'conf/faulty.json': executor({ comand: 1, args: 'x' }) });
    const { exitCode, stdout } = await run('reload');
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/^git:conf\/faulty\.json:1:\d+: args: must be a list, but is text/m);
    await repository.revert();
    expect(await run('reload')).toMatchObject({ exitCode: 0, stdout: 'Reloaded.\n' });
  });

  test('clients that start a command attach to it', async () => {
    verifies('OPS-03');
    const { stdout } = await run('connect', 'claude-desktop');
    const state = /"--state",\s*"([^"]+)"/.exec(stdout)?.[1];
    await using stdio = startCli(['stdio', '--state', state ?? ''], { ...options, cwd: '/' });
    stdio.child.stdin.end(`${JSON.stringify(initialize)}\n`);
    expect(await stdio.result).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('"protocolVersion":"2025-11-25"'),
    });
  });

  test('one repository, branch and path is one instance', async () => {
    verifies('OPS-03');
    const given = url.replace('http://', 'http://me:pass-word@');
    const same = await run('up', '--port', '0', '--git', given, '--branch', 'main', '--path', './conf/');
    expect(same).toMatchObject({ exitCode: 4, stdout: '' });
    expect(same.stderr).toContain('already running');
  });

  test('an interrupt ends it', async () => {
    up.child.kill('SIGTERM');
    expect((await up.result).exitCode).toBe(0);
  });
});
