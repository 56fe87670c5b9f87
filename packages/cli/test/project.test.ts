// What `init`, `add` and `import` write is what a plain `tutti up` runs, and one folder is one instance.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiServerListSchema } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { verifies } from '../../../test/verifies.ts';
import { runCli, startCli, type CliOptions, type CliProcess, type CliResult } from './run-cli.ts';

const FAULTY = fileURLToPath(new URL('../../../test/programs/faults/faulty.mjs', import.meta.url));

describe('a folder', { timeout: 120_000 }, () => {
  let cwd: string;
  let options: CliOptions;
  let up: CliProcess;
  const run = (...args: string[]): Promise<CliResult> => runCli(args, options);

  async function servers(at: CliOptions = options): Promise<string[]> {
    const { stdout } = await runCli(['get', 'servers', '-o', 'json'], at);
    return stdout === '' ? [] : ApiServerListSchema.parse(JSON.parse(stdout)).items.map(({ name }) => name);
  }

  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'tutti-project-'));
    // Another home: that of the tests may have an instance of its own.
    options = { cwd, env: { HOME: cwd, npm_config_offline: 'true' } };
    expect((await run('init')).exitCode).toBe(0);
    up = startCli(['up', '--port', '0'], options);
    await eventually(async () => (await servers()).join() === 'everything', { timeoutMs: 60_000 });
  }, 120_000);
  afterAll(() => up[Symbol.asyncDispose]());

  test('a server that is added runs beside those of tutti.yaml', async () => {
    verifies('SRC-01', 'SRC-08');
    const added = await run('add', 'faulty', '--', process.execPath, FAULTY);
    expect(added).toMatchObject({ exitCode: 0, stderr: '' });
    await eventually(async () => (await servers()).join() === 'everything,faulty');
    await eventually(() => /^\S+ faulty: Running, \d+ tools$/m.test(up.stdout()));
    expect((await run('validate')).stdout).toMatch(/^2 servers, no errors/m);
  });

  test.each([[[]], [['.']], [['tutti.yaml']], [['tutti']]])(
    'is one instance, however it is named: up %j',
    async (path) => {
      verifies('OPS-03');
      const second = await run('up', ...path, '--port', '0');
      expect(second).toMatchObject({ exitCode: 4, stdout: '' });
      expect(second.stderr).toMatch(/^error: already running: pid \d+, http:\S+; use that one/);
    },
  );

  test('is found from inside of tutti/, and by stdio with any of its names', async () => {
    verifies('OPS-03');
    expect(await servers({ ...options, cwd: join(cwd, 'tutti') })).toEqual(['everything', 'faulty']);
    await using stdio = startCli(['stdio', join(cwd, 'tutti.yaml')], { ...options, cwd: '/' });
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 't', version: '1' },
    };
    stdio.child.stdin.end(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
    expect(await stdio.result).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('"protocolVersion":"2025-11-25"'),
    });
    expect((await run('connect', 'claude-desktop')).stdout).toContain(JSON.stringify(cwd));
  });

  test('a server that fails is told of once, and its starts, exits and restarts are logged', async () => {
    verifies('SUP-05');
    const broken = (name: string, restart: string): string =>
      `apiVersion: tutti.dev/v1alpha1\nkind: MCPServer\nmetadata: { name: ${name} }\nspec:\n  command: '${process.execPath}'\n  args: [-e, process.exit(7)]\n  restart: ${restart}\n`;
    await writeFile(join(cwd, 'tutti', 'hopeless.yaml'), broken('hopeless', '{ maxAttempts: 0 }'));
    await writeFile(join(cwd, 'tutti', 'stubborn.yaml'), broken('stubborn', '{ initial: 1 }'));
    await eventually(() => up.stderr().includes('"server":"stubborn","restarts":1'));
    for (const what of ['process started', 'process ended', 'server restarting']) {
      const line = new RegExp(`^\\{.*"time":"\\d{4}-.*Z","server":"stubborn".*"msg":"${what}"\\}$`, 'm');
      expect(up.stderr()).toMatch(line);
    }
    await eventually(() => /^\S+ stubborn: Failed \(retrying in \d s: exited with code 7/m.test(up.stdout()));
    const failed = up.stdout().match(/^\S+ hopeless: Failed.*$/gm);
    expect(failed).toEqual([expect.stringContaining('exited with code 7; gave up after 0 restarts')]);
  });
});
