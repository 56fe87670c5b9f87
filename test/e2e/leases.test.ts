// Leases of files against a running Tutti: by agents over MCP, over the API, from the command line, and by the git hook.

import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTuttiClient, type TuttiClient } from '@tutti/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runCli, type CliResult } from '../../packages/cli/test/run-cli.ts';
import { createGitRepository } from '../support/git-repository.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { ADA, BOB, GIVES_UP_MS, NEW, OLD } from './agent-world.ts';
import { connectWithKey, type Generation, type KeyClient } from './key-clients.ts';

const run = promisify(execFile);
const DECLARED = JSON.stringify({
  apiVersion: 'tutti.dev/v1alpha1',
  kind: 'Gateway',
  metadata: { name: 'gateway' },
  spec: {
    auth: {
      keys: [
        { name: 'ada', secret: '${ADA}', roles: ['agent'] },
        { name: 'bob', secret: '${BOB}', roles: ['agent'] },
      ],
    },
    coordination: { files: { roots: [{ name: 'repo', path: '../shared' }], maxFileSize: '64Ki' } },
  },
});

const stack = new AsyncDisposableStack();
let gateway: Gateway;
let shared: string;
let admin: TuttiClient;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({ servers: {}, files: { 'gateway.json': DECLARED }, env: { ADA, BOB } }),
  );
  shared = join(gateway.folder, 'shared');
  await mkdir(join(shared, 'src'), { recursive: true });
  await writeFile(join(shared, 'src/a.txt'), 'one\n');
  admin = createTuttiClient({ url: gateway.url, token: gateway.token });
  env = { TUTTI_TOKEN: gateway.token, TUTTI_URL: gateway.url };
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const cli = (...args: readonly string[]): Promise<CliResult> => runCli(args, { env });

interface Agent extends AsyncDisposable {
  use(tool: string, args?: Record<string, unknown>): Promise<Record<string, unknown>>;
  fails(tool: string, args?: Record<string, unknown>): Promise<string>;
  readonly tools: KeyClient['tools'];
}

async function openAgent(generation: Generation, key: string, id: string): Promise<Agent> {
  const client = await connectWithKey(generation, gateway.mcpUrl, key);
  const call = (tool: string, args: Record<string, unknown> = {}) =>
    client.call(tool, { agent_id: id, ...args });
  const agent: Agent = {
    async use(tool, args) {
      const { isError, text, structured } = await call(tool, args);
      if (isError) throw new Error(text);
      return z.record(z.string(), z.unknown()).parse(structured);
    },
    async fails(tool, args) {
      const { isError, text } = await call(tool, args);
      if (!isError) throw new Error(`${tool} went well: ${text}`);
      return text;
    },
    tools: () => client.tools(),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
  const { isError, text } = await client.call('register_agent', { id, heartbeatInterval: 3_600 });
  if (isError) throw new Error(text);
  return agent;
}

describe.each([
  [NEW, OLD],
  [OLD, NEW],
])('%s and %s', (first, second) => {
  const [adaId, bobId] = first === NEW ? ['ada1', 'bob1'] : ['ada2', 'bob2'];

  test(
    'share files',
    async () => {
      verifies('LCK-01', 'LCK-02', 'LCK-04');
      await using ada = await openAgent(first, ADA, adaId);
      await using bob = await openAgent(second, BOB, bobId);
      await writeFile(join(shared, 'src/a.txt'), 'one\n');
      expect(await ada.tools()).toEqual(expect.arrayContaining(['acquire_file_lock', 'file_write']));

      const read = await ada.use('file_read', { path: 'src/a.txt' });
      expect(read).toMatchObject({ content: 'one\n', size: 4, space: 'repo' });
      const change = { path: 'src/a.txt', content: 'two\n', sha256: read['sha256'] };
      expect(await ada.fails('file_write', change)).toContain('call acquire_file_lock');
      expect(await ada.use('acquire_file_lock', { file_path: 'src/a.txt', reason: 'tidying' })).toMatchObject(
        {
          status: 'acquired',
          lease: { agent_id: adaId, paths: ['src/a.txt'] },
        },
      );
      expect(await bob.fails('file_write', change)).toContain(`${adaId} has src/a.txt to itself ("tidying")`);
      expect(await bob.use('check_file_lock', { file_path: join(shared, 'src/a.txt') })).toMatchObject({
        status: 'exclusive',
        owner: adaId,
        yours: false,
      });
      const waiting = bob.use('acquire_file_lock', { file_path: 'src/a.txt', wait_seconds: 45 });
      await ada.use('file_write', change);
      await ada.use('release_file_lock', { file_path: 'src/a.txt' });
      expect(await waiting).toMatchObject({ status: 'acquired' });
      expect(await bob.fails('file_write', change)).toContain('is not what you read');
      await bob.use('file_edit', { path: 'src/a.txt', edits: [{ old_text: 'two', new_text: 'three' }] });
      expect(await readFile(join(shared, 'src/a.txt'), 'utf8')).toBe('three\n');
      expect(await bob.fails('file_read', { path: '../config/gateway.json' })).toContain(
        'leads out of its space',
      );

      const lease = (await admin.leases.list({ agent: bobId }))[0];
      expect((await cli('release', lease?.id ?? '')).stdout).toBe(`${lease?.id} is released.\n`);
      expect(await bob.use('heartbeat')).toMatchObject({
        notice: { leases: [{ kind: 'lost', lease_id: lease?.id, paths: ['src/a.txt'] }] },
      });
      const events = await admin.events({ kind: 'Lease', name: lease?.id });
      expect(events.map(({ reason }) => reason)).toEqual(['LeaseForced']);
    },
    GIVES_UP_MS,
  );
});

test('leases are had over the API, listed and described', async () => {
  verifies('LCK-01', 'LCK-02', 'LCK-03', 'OPS-04', 'OPS-05', 'OPS-07');
  const ada = createTuttiClient({ url: gateway.url, token: ADA });
  const bob = createTuttiClient({ url: gateway.url, token: BOB });
  await ada.agents.register({ id: 'eve', heartbeatInterval: 3_600 });
  await bob.agents.register({ id: 'fay', heartbeatInterval: 3_600 });
  const { lease } = await ada.leases.acquire({
    agent_id: 'eve',
    paths: ['docs', '*.md'],
    reason: 'new guide',
  });
  await expect(bob.leases.acquire({ agent_id: 'eve', paths: ['x'] })).rejects.toThrow('another principal');
  await expect(ada.leases.acquire({ agent_id: 'eve', paths: ['../x'] })).rejects.toMatchObject({
    status: 403,
  });
  expect(await bob.leases.acquire({ agent_id: 'fay', paths: ['docs/a'], wait_seconds: 0.1 })).toMatchObject({
    status: 'waiting',
    holders: [{ agent_id: 'eve' }],
  });
  const listed = await cli('get', 'leases', '--agent', 'eve');
  expect(listed.stdout).toMatch(/^ID +AGENT +SPACE +MODE +FENCE +SINCE +EXPIRES +PATHS +REASON\n/);
  expect(listed.stdout).toMatch(/eve +repo +exclusive +\d+ .*docs \*\.md +new guide\n/);
  const described = await cli('describe', 'lease', lease?.id ?? '');
  expect(described.stdout).toMatch(/^Agent: +eve$/m);
  expect(described.stdout).toMatch(/Waiting, the next one first[^]*fay +exclusive .* docs\/a/);
  expect((await cli('describe', 'lease', 'none')).exitCode).toBe(3);
  expect((await cli('release', 'none')).exitCode).toBe(3);
  await expect(bob.leases.release({ lease_id: lease?.id })).rejects.toMatchObject({ status: 403 });
  expect(await ada.leases.check(['docs/b', 'x'], { agent: 'eve' })).toMatchObject([
    { status: 'exclusive', yours: true },
    { status: 'free' },
  ]);
  const metrics = await fetch(`${gateway.url}/metrics`, {
    headers: { authorization: `Bearer ${gateway.token}` },
  });
  const text = await metrics.text();
  expect(text).toMatch(/tutti_leases\{space="repo",mode="exclusive"\} [1-9]/);
  expect(text).toMatch(/tutti_leases\{space="repo",mode="waiting"\} 1/);
  expect(text).toMatch(/tutti_lease_requests_total\{outcome="waiting"\} 1/);
  await ada.leases.release({ agent_id: 'eve', paths: ['docs', '*.md'] });
});

test(
  'a commit of files that another agent has leased is refused',
  async () => {
    verifies('LCK-04');
    const ada = createTuttiClient({ url: gateway.url, token: ADA });
    for (const id of ['gil', 'hal']) await ada.agents.register({ id, heartbeatInterval: 3_600 });
    await using repository = await createGitRepository({ 'app/a.txt': 'a', 'app/b.txt': 'b', 'c.txt': 'c' });
    const { clone } = repository;
    const guard = (...args: string[]): Promise<CliResult> => runCli(['guard', ...args], { cwd: clone, env });
    const hooks = join(clone, '.git/hooks');
    await mkdir(hooks, { recursive: true });
    await writeFile(
      join(hooks, 'pre-commit'),
      '#!/bin/sh\necho before >> "$(git rev-parse --show-toplevel)/../ran"\n',
    );
    await chmod(join(hooks, 'pre-commit'), 0o755);
    const installed = await guard('install', '--agent', 'gil', '--prefix', 'git');
    expect(installed.stdout).toMatch(
      /The guard is installed in .*hooks\. The hook that was there runs before it\./,
    );
    expect(installed.stdout).toContain('Commits here are made by gil');
    expect((await guard('install', '--prefix', 'git')).stdout).toContain('The guard is renewed');

    const commit = async (
      change: Record<string, string>,
      more: Record<string, string> = {},
    ): Promise<string> => {
      for (const [path, text] of Object.entries(change)) await writeFile(join(clone, path), text);
      const options = {
        cwd: clone,
        env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env, ...more },
      };
      const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
      return await run('git', [...who, 'commit', '--quiet', '-am', 'change'], options).then(
        () => 'committed',
        (error: unknown) =>
          error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error),
      );
    };
    expect(await commit({ 'app/a.txt': 'a1' })).toBe('committed');
    await ada.leases.acquire({ agent_id: 'hal', paths: ['git/app'], reason: 'moving it' });
    const refused = await commit({ 'app/b.txt': 'b1', 'c.txt': 'c1' });
    expect(refused).toContain('this commit has files that it may not have');
    expect(refused).toMatch(/git\/app\/b\.txt: hal has git\/app \("moving it"\), until /);
    expect(refused).not.toContain('c.txt');
    expect(await commit({}, { TUTTI_AGENT: 'hal' })).toBe('committed');
    expect((await readFile(join(clone, '../ran'), 'utf8')).split('\n')).toHaveLength(4);
    // What is moved away is a change of both names.
    await repository.git('mv', 'app/a.txt', 'd.txt');
    expect(await commit({})).toContain('git/app/a.txt: hal has git/app');
    await ada.leases.release({ agent_id: 'hal', paths: ['git/app'] });
    expect(await commit({})).toBe('committed');

    await guard('install', '--prefix', 'git', '--require-lease');
    expect(await commit({ 'c.txt': 'c2' })).toContain('git/c.txt: gil did not lease it');
    await ada.leases.acquire({ agent_id: 'gil', paths: ['git/*.txt'] });
    expect(await commit({})).toBe('committed');

    const away = { TUTTI_URL: 'http://127.0.0.1:9' };
    expect(await commit({ 'c.txt': 'c3' }, away)).toBe('committed');
    await guard('install', '--unreachable', 'refuse');
    expect(await commit({ 'c.txt': 'c4' }, away)).toContain('Start it with: tutti up');
    expect((await guard('uninstall')).stdout).toBe('The guard is taken out.\n');
    expect((await guard('uninstall')).stdout).toBe('There is no guard here.\n');
    expect(await readFile(join(hooks, 'pre-commit'), 'utf8')).toContain('echo before');
    expect(await commit({}, away)).toBe('committed');
    expect((await runCli(['guard', 'install'], { cwd: gateway.folder, env })).stderr).toContain(
      'no git repository',
    );
  },
  GIVES_UP_MS,
);
