// Plans of what `apply -f` would do, and of repositories that no Source names yet.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiPlanSchema, type ApiPlan } from '@tutti/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli, type CliResult } from '../../packages/cli/test/run-cli.ts';
import { createGitRepository } from '../support/git-repository.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { document } from './family-world.ts';

const FAULTY = new URL('../programs/faults/faulty.mjs', import.meta.url).pathname;
const stack = new AsyncDisposableStack();
let gateway: Gateway;
let folder: string;

const server = (name: string, spec: object = {}): string =>
  document('MCPServer', name, { command: process.execPath, args: [FAULTY], ...spec });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-plan-'));
  stack.defer(() => rm(folder, { recursive: true }));
  gateway = stack.use(await startGateway({ files: { 'filed.json': server('filed') }, waitFor: ['filed'] }));
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

function cli(...args: readonly string[]): Promise<CliResult> {
  return runCli([...args, '--url', gateway.url], { cwd: folder, env: { TUTTI_TOKEN: gateway.token } });
}

async function plan(
  ...args: readonly string[]
): Promise<{ readonly plan: ApiPlan; readonly code: number | null }> {
  const { stdout, stderr, exitCode } = await cli('plan', ...args, '-o', 'json', '--exit-code');
  if (stdout === '') throw new Error(stderr);
  return { plan: ApiPlanSchema.parse(JSON.parse(stdout)), code: exitCode };
}

const actions = ({ servers }: ApiPlan): readonly string[] =>
  servers.map(({ name, action }) => `${action} ${name}`);

async function names(): Promise<readonly string[]> {
  return (await gateway.servers()).map(({ name }) => name).filter((name) => name !== 'tutti');
}

test(
  'what apply would do, from a file and from stdin: all of it or nothing',
  { timeout: 120_000 },
  async () => {
    verifies('SRC-10', 'SRC-06');
    const file = join(folder, 'more.json');
    await writeFile(file, server('applied', { env: { LEVEL: '1' } }));
    const first = await plan('-f', 'more.json');
    expect([actions(first.plan), first.code]).toEqual([['start applied'], 1]);
    expect(await names()).toEqual(['filed']);

    expect((await cli('apply', '-f', 'more.json')).exitCode).toBe(0);
    const again = await plan('-f', 'more.json');
    expect(again).toMatchObject({ plan: { changes: false, keptServers: ['applied', 'filed'] }, code: 0 });
    await writeFile(file, server('applied', { env: { LEVEL: '2' } }));
    expect(actions((await plan('-f', 'more.json')).plan)).toEqual(['restart applied']);
    await writeFile(file, server('applied', { env: { LEVEL: '1' }, suspended: true }));
    expect(actions((await plan('-f', 'more.json')).plan)).toEqual(['stop applied']);

    // A command counts until the document says otherwise in so many words.
    expect((await cli('suspend', 'applied')).exitCode).toBe(0);
    await writeFile(file, server('applied', { env: { LEVEL: '1' } }));
    expect((await plan('-f', 'more.json')).plan.changes).toBe(false);
    await writeFile(file, server('applied', { env: { LEVEL: '1' }, suspended: false }));
    expect(actions((await plan('-f', 'more.json')).plan)).toEqual(['start applied']);
    expect((await cli('delete', 'server', 'applied')).exitCode).toBe(0);

    await writeFile(file, JSON.stringify([server('new'), server('filed')].map((text) => JSON.parse(text))));
    const refused = await plan('-f', 'more.json');
    expect(refused).toMatchObject({ plan: { changes: false, servers: [] }, code: 2 });
    expect(refused.plan.problems).toMatchObject([
      { path: 'more.json', message: expect.stringContaining('`filed` is declared in') },
    ]);
    await writeFile(file, server('a', { timeot: '3s' }));
    expect((await cli('plan', '-f', 'more.json')).stdout).toContain('timeot');
    expect(await names()).toEqual(['filed']);
  },
);

test('flags that exclude each other, or need another one', async () => {
  verifies('SRC-10');
  for (const args of [
    ['.', '-f', 'x.json'],
    ['.', '--git', 'file:///x'],
    ['-f', 'x.json', '--source', 'a'],
    ['--ref', 'main'],
    ['--path', 'x'],
    ['--env-allow', 'X'],
    ['--git', 'file:///x', '--ref', '--upload-pack=x'],
    ['--git', 'ext::sh -c x'],
  ])
    expect([args, (await cli('plan', ...args)).exitCode]).toEqual([args, 2]);
  const missing = await cli('plan', '--git', 'file:///nowhere/at/all.git');
  expect([missing.exitCode, missing.stderr]).toEqual([5, expect.stringContaining("can't be read")]);
  expect((await cli('plan', '--git', 'file:///x', '--source', 'none')).exitCode).toBe(3);
});

test(
  'a repository by branch, tag and commit, where nothing runs and where no Source names it',
  {
    timeout: 120_000,
  },
  async () => {
    verifies('SRC-10', 'SRC-02');
    await using repository = await createGitRepository({ 'servers/a.json': server('a') });
    const first = await repository.push('First', {
      'servers/b.json': server('b', { env: { LEVEL: '${HOME}' } }),
      'other.json': server('other'),
    });
    await repository.git('tag', '-a', 'v1', '-m', 'one');
    await repository.git('push', '--quiet', 'origin', 'v1');
    await repository.push('Second', { 'servers/c.json': server('c') });
    const of = ['--git', repository.url, '--path', './servers/'];
    const allowed = [...of, '--env-allow', 'HOME'];
    expect(actions((await plan(...allowed)).plan)).toEqual(['start a', 'start b', 'start c']);
    for (const ref of ['v1', first])
      expect(actions((await plan(...allowed, '--ref', ref)).plan)).toEqual(['start a', 'start b']);
    const { plan: whole } = await plan('--git', repository.url, '--ref', 'main');
    expect(whole.sources).toMatchObject([
      { name: 'git', change: 'added', message: 'what it declares is in this plan' },
    ]);
    // Nobody lets it see the variable, and the file is named as the Source would have it.
    expect(whole.problems).toMatchObject([
      { path: 'git:servers/b.json', message: expect.stringContaining('HOME') },
    ]);
    const gone = await plan('--git', repository.url, '--path', 'nowhere');
    expect(gone).toMatchObject({ plan: { servers: [] }, code: 2 });

    const { stdout, stderr } = await runCli(['plan', ...of, '--ref', 'v1', '-o', 'json'], {
      cwd: folder,
      env: { XDG_STATE_HOME: join(folder, 'no-state') },
    });
    expect(stderr).toContain('Tutti is not running');
    expect(actions(ApiPlanSchema.parse(JSON.parse(stdout)))).toContain('start a');
    expect(await names()).toEqual(['filed']);
  },
);
