import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createGit } from '../../../src/sources/git/command.ts';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';

const SESSION = `[ "$(cut -d ' ' -f 6 /proc/$$/stat)" = $$ ] && echo leads its session`;

/** A program called `git` that does what the test wants. */
async function fakeGit(script: string) {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-fake-git-'));
  await writeFile(join(folder, 'git'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'git'), 0o755);
  const closing = new AbortController();
  const environment = { PATH: `${folder}:/usr/bin:/bin` };
  return { folder, closing, environment, git: createGit({ environment, signal: closing.signal }) };
}

async function isGone(file: string): Promise<boolean> {
  const pid = Number(await readFile(file, 'utf8'));
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') Z ');
  return /\) [ZX] /.test(stat);
}

test('it asks nobody, runs no hooks, and looks for no repository that the environment names', async () => {
  verifies('SRC-02');
  const { folder } = await fakeGit('');
  const git = createGit({
    environment: {
      PATH: `${folder}:/usr/bin:/bin`,
      GIT_DIR: '/elsewhere',
      GIT_INDEX_FILE: '/elsewhere/index',
      GIT_TRACE_CURL: '1',
      GIT_SSH_COMMAND: 'ssh -i key',
      HTTPS_PROXY: 'http://proxy',
    },
    signal: new AbortController().signal,
  });
  await writeFile(join(folder, 'git'), `#!/bin/sh\necho "$@"; env; cat; ${SESSION}\n`);
  const result = await git(['fetch'], { cwd: folder, timeoutMs: 60_000, input: 'from stdin' });
  if (result.kind === 'failed') expect.fail(result.reason);
  const output = result.stdout.toString();
  for (const part of [
    '-c core.hooksPath=/dev/null',
    '-c protocol.ext.allow=never',
    '-c submodule.recurse=false',
    'GIT_TERMINAL_PROMPT=0',
    'GIT_SSH_COMMAND=ssh -i key',
    'HTTPS_PROXY=http://proxy',
    'from stdin',
  ])
    expect(output).toContain(part);
  for (const part of ['GIT_DIR', 'GIT_INDEX_FILE', 'GIT_TRACE']) expect(output).not.toContain(part);
  // A session of its own has no terminal to ask on.
  expect(output).toContain('leads its session');
});

test('what takes too long is ended with all that it started', async () => {
  verifies('SRC-02');
  const { git, folder } = await fakeGit('sleep 600 & echo $! > child; wait');
  const result = await git([], { cwd: folder, timeoutMs: 1_000 });
  expect(result).toEqual({ kind: 'failed', reason: 'no end of it within 1 s', isVerdict: false });
  await eventually(() => isGone(join(folder, 'child')));
});

test('what says too much is ended', async () => {
  const { git, folder } = await fakeGit('while :; do echo chatter; done');
  expect(await git([], { cwd: folder, timeoutMs: 60_000, maxOutputBytes: 10_000 })).toMatchObject({
    reason: 'git says more than 10000 bytes',
  });
});

test('what is under way ends when it is closed, and nothing begins any more', async () => {
  const { git, folder, closing } = await fakeGit('echo $$ > self; exec sleep 600');
  const result = git([], { cwd: folder, timeoutMs: 600_000 });
  await eventually(async () => (await readFile(join(folder, 'self'), 'utf8')) !== '');
  closing.abort();
  expect(await result).toMatchObject({ reason: 'tutti is stopping' });
  await eventually(() => isGone(join(folder, 'self')));
  expect(await git([], { cwd: folder, timeoutMs: 60_000 })).toMatchObject({ reason: 'tutti is stopping' });
});

test('what git leaves in the background does not hold it up', async () => {
  const { git, folder } = await fakeGit('setsid sleep 600 & echo $! > left; echo done');
  const result = await git([], { cwd: folder, timeoutMs: 60_000 });
  expect(result).toEqual({ kind: 'done', stdout: Buffer.from('done\n') });
  process.kill(Number(await readFile(join(folder, 'left'), 'utf8')));
});

test('a failure is told in the words that say why', async () => {
  const { git, folder } = await fakeGit(
    "printf 'Cloning…\\nremote: no such project\\nfatal: repository not found\\nfatal: repository not found\\n' >&2; exit 128",
  );
  expect(await git([], { cwd: folder, timeoutMs: 60_000 })).toEqual({
    kind: 'failed',
    reason: 'remote: no such project; repository not found',
    isVerdict: true,
  });
});

test('without git it says what to do', async () => {
  const git = createGit({ environment: { PATH: '/nowhere' }, signal: new AbortController().signal });
  expect(await git([], { cwd: '/', timeoutMs: 60_000 })).toMatchObject({
    reason: 'git was not found; install it',
  });
});
