// Plans for an instance that reads a repository: a working copy takes its place, as on the way of a pull request.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiPlanSchema, type ApiPlan } from '@tutti/schemas';
import { expect, test } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.ts';
import { eventually } from '../support/eventually.ts';
import { createGitRepository } from '../support/git-repository.ts';
import { serverReady, startGateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { document } from './family-world.ts';

const FAULTY = new URL('../programs/faults/faulty.mjs', import.meta.url).pathname;

const server = (name: string, spec: object = {}): string =>
  document('MCPServer', name, { command: process.execPath, args: [FAULTY], ...spec });

test('a working copy in the place of a repository', { timeout: 180_000 }, async () => {
  verifies('SRC-10', 'SRC-02');
  const files = {
    'servers/a.json': server('a', { env: { LEVEL: '1' } }),
    'servers/b.json': server('b'),
  };
  await using repository = await createGitRepository(files);
  await using pulled = await startGateway({ from: ['--git', repository.url, '--path', 'servers'] });
  for (const name of ['a', 'b']) await serverReady(pulled, name);
  const copy = await mkdtemp(join(tmpdir(), 'tutti-plan-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(copy, { recursive: true }));
  const ask = async (...args: readonly string[]): Promise<ApiPlan> => {
    const env = { TUTTI_TOKEN: pulled.token };
    const { stdout } = await runCli(['plan', copy, ...args, '-o', 'json', '--url', pulled.url], { env });
    return ApiPlanSchema.parse(JSON.parse(stdout));
  };
  // The same text elsewhere is the same: workdir and all are those of the checkout.
  await writeFile(join(copy, 'a.json'), files['servers/a.json']);
  await writeFile(join(copy, 'b.json'), files['servers/b.json']);
  expect(await ask()).toMatchObject({ changes: false, keptServers: ['a', 'b'] });
  const next = server('a', { env: { LEVEL: '2' } });
  await writeFile(join(copy, 'a.json'), next);
  await rm(join(copy, 'b.json'));
  const plan = await ask('--source', 'git');
  expect(plan.servers.map(({ name, action }) => `${action} ${name}`)).toEqual(['restart a', 'stop b']);

  // The repository itself, by its address: it takes the place of the Source that names it.
  const fromGit = async (...args: readonly string[]): Promise<ApiPlan> => {
    const env = { TUTTI_TOKEN: pulled.token };
    const all = ['plan', '--git', repository.url, ...args, '-o', 'json', '--url', pulled.url];
    return ApiPlanSchema.parse(JSON.parse((await runCli(all, { env })).stdout));
  };
  expect(await fromGit()).toMatchObject({ changes: false, keptServers: ['a', 'b'] });
  await repository.git('checkout', '--quiet', '-b', 'next');
  await writeFile(join(repository.clone, 'servers', 'a.json'), next);
  await repository.git('commit', '--quiet', '-a', '-m', 'Next');
  await repository.git('push', '--quiet', 'origin', 'next');
  await repository.git('checkout', '--quiet', 'main');
  const branch = await fromGit('--ref', 'next', '--path', 'servers');
  expect(branch.servers.map(({ name, action }) => `${action} ${name}`)).toEqual(['restart a']);
  expect(branch.keptServers).toEqual(['b']);

  const pids = async (): Promise<Record<string, number | undefined>> =>
    Object.fromEntries((await pulled.servers()).map(({ name, status }) => [name, status.pid]));
  const before = await pids();
  await repository.push('Next', { 'servers/a.json': next, 'servers/b.json': null });
  const headers = { authorization: `Bearer ${pulled.token}` };
  await fetch(`${pulled.url}/api/v1/reload`, { method: 'POST', headers });
  await eventually(async () => {
    const { a, b } = await pids();
    return a !== undefined && a !== before['a'] && b === undefined;
  });
  expect(await ask()).toMatchObject({ changes: false, keptServers: ['a'] });
});
