// The whole of it: the quickstart, run by the real command, seen through the other commands.

import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ApiServerListSchema, type ApiServer } from '@tutti/schemas';
import { verifies } from '../../../test/verifies.ts';
import { runCli, startCli, type CliProcess, type CliResult } from './run-cli.ts';

const QUICKSTART = fileURLToPath(new URL('../../../examples/quickstart', import.meta.url));
const PATIENT = { timeout: 60_000, interval: 250 };

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the quickstart', { timeout: 120_000 }, () => {
  let home: string;
  let up: CliProcess;
  const run = (...args: string[]): Promise<CliResult> =>
    runCli(args, { cwd: QUICKSTART, env: { HOME: home } });

  async function servers(): Promise<ApiServer[]> {
    const { stdout } = await run('get', 'servers', '-o', 'json');
    return stdout === '' ? [] : ApiServerListSchema.parse(JSON.parse(stdout)).items;
  }

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'tutti-up-'));
    up = startCli(['up', '--port', '0'], { cwd: QUICKSTART, env: { HOME: home } });
    await vi.waitFor(async () => {
      const items = await servers();
      expect(items.map(({ name, status }) => `${name} ${status.state}`)).toEqual([
        'dice Connected',
        'everything Running',
        'files Running',
        'memory Running',
      ]);
      expect(items.every(({ toolCount = 0 }) => toolCount > 0)).toBe(true);
    }, PATIENT);
  }, 120_000);
  afterAll(() => up[Symbol.asyncDispose]());

  test('without a terminal it tells the endpoint and every change, in plain lines', () => {
    const [first] = up.stdout().split('\n');
    expect(first).toMatch(/^One endpoint for every client: http:\/\/127\.0\.0\.1:\d+\/mcp$/);
    expect(up.stdout()).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z dice: Connected, 2 tools$/m);
    expect(up.stdout()).not.toContain('\u001b');
  });

  test('tools of every server can be called from the shell', async () => {
    verifies('OPS-05');
    expect((await run('call', 'dice_roll', 'count=3')).stdout).toMatch(/^\d \+ \d \+ \d = \d+\n$/);
    const file = await run('call', 'files_read_text_file', 'path=hello.md');
    expect(file.stdout).toContain('# Hello from behind one endpoint');
    expect((await run('call', 'everything_get-sum', 'a=2', 'b=3')).stdout).toContain('5');
    const wait = await run('call', 'dice_wait', 'seconds=2');
    expect(wait).toMatchObject({ exitCode: 0, stdout: 'Waited 2 s.\n' });
    expect(wait.stderr).toContain('1 of 2: waiting');
  });

  test('a tool that fails is exit code 1, and says why', async () => {
    const { exitCode, stdout } = await run('call', 'files_read_text_file', 'path=/etc/passwd');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('denied');
  });

  test('describe, logs and events tell of a restart', async () => {
    verifies('SUP-04');
    const before = (await servers()).find(({ name }) => name === 'dice')?.status.pid;
    expect((await run('restart', 'dice')).exitCode).toBe(0);
    await expect
      .poll(async () => {
        const { status } = (await servers()).find(({ name }) => name === 'dice') ?? {};
        return status?.state === 'Connected' && status.pid !== before;
      }, PATIENT)
      .toBe(true);
    expect((await run('logs', 'dice')).stdout).toContain('dice: listening on http://127.0.0.1:7411/mcp');
    expect((await run('events', 'dice')).stdout).toContain('dice MCPServer');
    const described = (await run('describe', 'server', 'dice')).stdout;
    for (const part of ['tutti.yaml', 'Connected', 'dice_roll', 'pid ']) expect(described).toContain(part);
  });

  test('reload finds nothing wrong, validate and doctor neither', async () => {
    expect(await run('reload')).toMatchObject({ exitCode: 0, stdout: 'Reloaded.\n' });
    expect((await run('validate')).exitCode).toBe(0);
    const doctor = await run('doctor');
    expect(doctor.stdout).toContain('4 of 4 ready');
    expect(doctor.exitCode).toBe(0);
  });

  test('stdio attaches to it', async () => {
    await using stdio = startCli(['stdio'], { cwd: QUICKSTART, env: { HOME: home } });
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 't', version: '1' },
    };
    stdio.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
    await expect.poll(() => stdio.stdout(), PATIENT).toContain('"protocolVersion":"2025-11-25"');
    stdio.child.stdin.end();
    expect((await stdio.result).exitCode).toBe(0);
  });

  test('an interrupt ends it with everything that it started', async () => {
    verifies('SUP-09');
    const pids = (await servers()).flatMap(({ status }) => status.pid ?? []);
    expect(pids).toHaveLength(4);
    up.child.kill('SIGINT');
    const { exitCode, stdout } = await up.result;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Stopping.');
    expect(pids.filter(isAlive)).toEqual([]);
    const after = await run('get', 'servers');
    expect(after).toMatchObject({ exitCode: 5, stdout: '' });
    expect(after.stderr).toContain('Tutti is not running.');
  });
});

describe('what can not start says why, in one message and without a stack', { timeout: 60_000 }, () => {
  const good =
    'apiVersion: tutti.dev/v1alpha1\nkind: MCPServer\nmetadata:\n  name: x\nspec:\n  url: http://127.0.0.1:9/mcp\n';

  async function start(files: Record<string, string>, ...args: string[]): Promise<CliResult> {
    const cwd = await mkdtemp(join(tmpdir(), 'tutti-bad-'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text);
    await mkdir(join(cwd, 'home'));
    const result = await runCli(['up', ...args], { cwd, env: { HOME: join(cwd, 'home') } });
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(result.stdout).toBe('');
    return result;
  }

  test('no configuration', async () => {
    const { exitCode, stderr } = await start({});
    expect(exitCode).toBe(2);
    expect(stderr).toContain('tutti init');
  });

  test('a broken file, with line and column', async () => {
    const { exitCode, stderr } = await start({ 'tutti.yaml': good.replace('url:', 'urll:') });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/tutti\.yaml:6:3/);
  });

  test('a file that is not there', async () => {
    const { exitCode, stderr } = await start({}, 'nope.yaml');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('nope.yaml');
  });

  test('a port in use', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { exitCode, stderr } = await start({ 'tutti.yaml': good }, '--port', String(port));
    server.close();
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`port ${port}`);
    expect(stderr).toContain('--port');
  });

  test('an address that others can reach', async () => {
    verifies('SEC-02');
    const { exitCode, stderr } = await start({ 'tutti.yaml': good }, '--host', '0.0.0.0', '--port', '0');
    expect(exitCode).toBe(4);
    expect(stderr).toContain('--insecure-open');
  });
});
