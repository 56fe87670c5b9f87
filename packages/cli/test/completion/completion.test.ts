import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { runCli } from '../run-cli.ts';

const run = promisify(execFile);

/** What bash offers for the words, the last of which is being typed. */
async function complete(script: string, words: readonly string[]): Promise<string[]> {
  const probe = `${script}
COMP_WORDS=(tutti ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _tutti
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['--norc', '-c', probe]);
  return stdout.split('\n').filter((word) => word !== '');
}

test('bash completes commands, what they take, and options', async () => {
  verifies('OPS-05');
  const { stdout: script } = await runCli(['completion', 'bash']);
  expect(await complete(script, ['de'])).toEqual(['describe', 'delete']);
  expect(await complete(script, ['get', ''])).toEqual([
    'servers',
    'toolsets',
    'families',
    'tools',
    'resources',
    'sources',
    'agents',
    'tasks',
    'threads',
    'messages',
    'budgets',
    'leases',
    'projects',
    'goals',
    'entities',
    'events',
    '--help',
  ]);
  expect(await complete(script, ['get', 'servers', '--o'])).toEqual(['--output']);
  expect(await complete(script, ['connect', 'c'])).toEqual([
    'claude-code',
    'codex',
    'cursor',
    'claude-desktop',
  ]);
  expect(await complete(script, ['logs', 'alpha', '--f'])).toEqual(['--follow']);
});

test.each(['zsh', 'fish'])('%s gets a script with every command', async (shell) => {
  const { stdout, exitCode } = await runCli(['completion', shell]);
  expect(exitCode).toBe(0);
  for (const word of ['up', 'describe', 'servers', 'claude-code', 'output']) expect(stdout).toContain(word);
});
