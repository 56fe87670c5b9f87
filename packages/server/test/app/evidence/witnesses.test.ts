// Real files, a real git, real processes.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewaySpecSchema } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { hashFile } from '../../../src/app/evidence/hash-file.ts';
import { MAX_TEST_RUNS } from '../../../src/app/evidence/run-tests.ts';
import { createWitnesses } from '../../../src/app/evidence/witnesses.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { createTestRunner, type TestRunner } from '../../runner/process/harness.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'tutti-evidence-'));
const root = join(folder, 'root');
const environment = {
  PATH: process.env['PATH'],
  HOME: folder,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
};
const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd, env: environment, encoding: 'utf8' }).trim();

let tests: TestRunner;
let first = '';
let second = '';
let aside = '';

const node = (script: string) => ({ root: 'code', command: process.execPath, args: ['-e', script] });
const settings = gatewaySpecSchema.parse({
  coordination: {
    evidence: {
      roots: [
        { name: 'code', path: root },
        { name: 'gone', path: join(folder, 'gone') },
      ],
      commands: [
        { name: 'good', ...node('console.log("x".repeat(1e6), process.cwd())') },
        { name: 'bad', ...node('console.error("two failed"); process.exit(3)') },
        { name: 'slow', timeout: '200ms', ...node('setInterval(() => {}, 1e6)') },
        { name: 'long', ...node('setInterval(() => {}, 1e6)') },
        { name: 'none', root: 'code', command: 'no-such-program' },
        { name: 'nowhere', root: 'gone', command: 'true' },
      ],
    },
  },
}).coordination.evidence;

const witnesses = () =>
  createWitnesses({ settings: () => settings, environment, runner: tests.runner, clock: systemClock });

beforeAll(() => {
  tests = createTestRunner();
  mkdirSync(join(root, 'repo', 'sub'), { recursive: true });
  writeFileSync(join(root, 'file'), 'content');
  writeFileSync(join(folder, 'secret'), 'secret');
  symlinkSync(join(folder, 'secret'), join(root, 'link'));
  symlinkSync(folder, join(root, 'up'));
  symlinkSync('file', join(root, 'inner'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  const repo = join(root, 'repo');
  git(repo, 'init', '-q', '-b', 'main');
  git(repo, 'commit', '-q', '--allow-empty', '-m', '1');
  first = git(repo, 'rev-parse', 'HEAD');
  git(repo, 'branch', 'old');
  git(repo, 'commit', '-q', '--allow-empty', '-m', '2');
  second = git(repo, 'rev-parse', 'HEAD');
  git(repo, 'checkout', '-q', '--orphan', 'aside');
  git(repo, 'commit', '-q', '--allow-empty', '-m', '3');
  aside = git(repo, 'rev-parse', 'HEAD');
  git(repo, 'worktree', 'add', '-q', join(root, 'tree'), 'main');
  git(folder, 'init', '-q', '-b', 'main', 'outside');
});

afterAll(async () => {
  await tests[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe('a file below a root', () => {
  const hash = (path: string, name = 'code') => witnesses().hashFile({ root: name, path }, never);
  const sha256 = createHash('sha256').update('content').digest('hex');

  test('is hashed, through links inside of the root too', async () => {
    verifies('TSK-11');
    expect(await hash('file')).toEqual({ kind: 'hash', sha256 });
    expect(await hash('inner')).toEqual({ kind: 'hash', sha256 });
    expect(await hash('nothing')).toEqual({ kind: 'absent' });
    expect(await hash('file/below')).toEqual({ kind: 'absent' });
  });

  test('is not read when a way out leads to it, or when it is no file', async () => {
    verifies('TSK-11');
    const why = async (path: string, name?: string) => {
      const fact = await hash(path, name);
      return fact.kind === 'unknown' ? fact.why : fact.kind;
    };
    expect(await why('link')).toBe('`link` leads out of the root `code`');
    expect(await why('up/secret')).toBe('`up/secret` leads out of the root `code`');
    expect(await why('../secret')).toBe('`../secret` leads out of the root `code`');
    expect(await why('pipe')).toBe('`pipe` is no regular file');
    expect(await why('repo')).toBe('`repo` is no regular file');
    expect(await why('file', 'other')).toBe('no root `other` is declared');
    expect(await hash('file', 'gone')).toEqual({ kind: 'absent' });
    const small = await hashFile(settings.roots, { root: 'code', path: 'file' }, never, 3);
    expect(small).toMatchObject({ kind: 'unknown', why: '`file` is larger than 3 bytes' });
  });
});

describe('a commit of a repository below a root', () => {
  const find = (commit: string, ref: string, path = 'repo') =>
    witnesses().findCommit({ root: 'code', path, ref, commit }, never);

  test('is reachable from a ref, or not, or not there', async () => {
    verifies('TSK-11');
    expect(await find(first, 'main')).toEqual({ kind: 'reachable' });
    expect(await find(second, 'main')).toEqual({ kind: 'reachable' });
    expect(await find(second, 'main', 'tree')).toEqual({ kind: 'reachable' });
    expect(await find(second, 'old')).toEqual({ kind: 'unreachable' });
    expect(await find(aside, 'main')).toEqual({ kind: 'unreachable' });
    expect(await find('0'.repeat(40), 'main')).toEqual({ kind: 'absent', what: 'commit' });
    expect(await find(first, 'no-such')).toEqual({ kind: 'absent', what: 'ref' });
    expect(await find(first, 'main', 'nothing')).toEqual({ kind: 'absent', what: 'repository' });
    expect(await find(first, 'main', '.')).toEqual({ kind: 'absent', what: 'repository' });
    expect(await find(first, 'main', 'repo/sub')).toEqual({ kind: 'absent', what: 'repository' });
    expect(await find(first, 'main', 'up/outside')).toMatchObject({ kind: 'unknown' });
  });

  test('is not fetched, and nothing that the repository names is run', async () => {
    verifies('TSK-11');
    const trap = join(folder, 'trapped');
    const bait = join(root, 'bait');
    git(root, 'init', '-q', '-b', 'main', 'bait');
    git(bait, 'commit', '-q', '--allow-empty', '-m', '1');
    for (const [name, value] of [
      ['remote.origin.url', 'ssh://nobody@127.0.0.1:1/x'],
      ['remote.origin.promisor', 'true'],
      ['extensions.partialClone', 'origin'],
      ['core.sshCommand', `touch ${trap}; false`],
      ['core.fsmonitor', `touch ${trap}`],
    ] as const)
      git(bait, 'config', name, value);
    expect(await find('1'.repeat(40), 'main', 'bait')).toEqual({ kind: 'absent', what: 'commit' });
    expect(await witnesses().hashFile({ root: 'code', path: 'up/trapped' }, never)).toEqual({
      kind: 'absent',
    });
  });
});

describe('tests that Tutti runs', () => {
  const run = (name: string, signal = never) => witnesses().runTests(name, signal);

  test('tell how they ended', async () => {
    verifies('TSK-11');
    expect(await run('good')).toEqual({ kind: 'ended', exitCode: 0, how: '' });
    const bad = await run('bad');
    expect(bad).toMatchObject({ kind: 'ended', exitCode: 3 });
    expect(bad.kind === 'ended' ? bad.how : '').toContain('two failed');
    expect(await run('slow')).toEqual({ kind: 'timed_out', timeoutMs: 200 });
    expect(tests.runner.running()).toEqual([]);
  });

  test('that can not be run say so', async () => {
    verifies('TSK-11');
    expect(await run('other')).toMatchObject({ kind: 'unknown', why: 'no command `other` is declared' });
    expect(await run('none')).toMatchObject({ kind: 'unknown' });
    expect(await run('nowhere')).toMatchObject({ kind: 'unknown', why: 'the root `gone` is not there' });
  });

  test('are few at a time, and end when nobody waits for them', async () => {
    verifies('TSK-11');
    const stop = new AbortController();
    const { runTests } = witnesses();
    const running = Array.from({ length: MAX_TEST_RUNS }, () => runTests('long', stop.signal));
    const refused = Promise.allSettled(running);
    expect(await runTests('good', never)).toMatchObject({
      kind: 'unknown',
      why: '4 tests are running already',
    });
    stop.abort();
    expect((await refused).map(({ status }) => status)).toEqual(running.map(() => 'rejected'));
    expect(tests.runner.running()).toEqual([]);
  });
});
