// The ways in which `tutti up` ends, with a real server and a call on its way.

import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiServerListSchema } from '@tutti/schemas';
import { describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { verifies } from '../../../test/verifies.ts';
import { runCli, startCli, type CliProcess, type CliResult } from './run-cli.ts';

const FAULTY = fileURLToPath(new URL('../../../test/programs/faults/faulty.mjs', import.meta.url));
/** Fails where nobody waits for it: thrown on one signal, rejected on another. */
const CRASHING = `process.on('SIGUSR2', () => { throw new Error('boom'); });
process.on('SIGWINCH', () => { void Promise.reject(new Error('boom')); });`;

interface Running extends AsyncDisposable {
  readonly up: CliProcess;
  readonly state: string;
  /** Of the server. */
  readonly pid: number;
  call(tool: string, args: object): CliProcess;
}

async function start(moreEnv: Record<string, string> = {}): Promise<Running> {
  const cwd = await mkdtemp(join(tmpdir(), 'tutti-ends-'));
  const state = join(cwd, 'state');
  await mkdir(state, { mode: 0o700 });
  const server = { command: process.execPath, args: [FAULTY] };
  await writeFile(join(cwd, '.mcp.json'), JSON.stringify({ mcpServers: { f: server } }));
  const env = { HOME: cwd, TUTTI_STATE: state };
  const up = startCli(['up', '--port', '0'], { cwd, env: { ...env, ...moreEnv } });
  const pid = await eventually(
    async () => {
      const { stdout } = await runCli(['get', 'servers', '-o', 'json'], { cwd, env });
      const [server] = ApiServerListSchema.parse(JSON.parse(stdout)).items;
      return server?.toolCount === undefined ? undefined : server.status.pid;
    },
    { what: 'the server', timeoutMs: 60_000 },
  );
  return {
    up,
    state,
    pid,
    call: (tool, args) => startCli(['call', tool, '--json', JSON.stringify(args)], { cwd, env }),
    [Symbol.asyncDispose]: () => up[Symbol.asyncDispose](),
  };
}

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

describe('an interrupt', { timeout: 120_000 }, () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s lets running calls finish', async (signal) => {
    verifies('SUP-09', 'OPS-09');
    await using running = await start();
    await using call = running.call('steps', { count: 10, everyMs: 150 });
    await eventually(() => call.stderr() !== '', { what: 'progress' });
    running.up.child.kill(signal);
    // npm passes on what the terminal has sent to everybody.
    running.up.child.kill(signal);
    expect(await call.result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('"count": 10') });
    expect(await running.up.result).toMatchObject({ exitCode: 0 });
    expect(isGone(running.pid)).toBe(true);
    expect(await readdir(running.state)).not.toContain('instance.json');
  });

  test('a second one ends everything at once', async () => {
    verifies('SUP-09');
    await using running = await start();
    await using call = running.call('hang', {});
    await eventually(async () => (await metrics(running)).includes('tutti_calls_in_flight{server="f"} 1'));
    running.up.child.kill('SIGINT');
    await eventually(() => running.up.stdout().includes('Stopping.'));
    await eventually(() => {
      running.up.child.kill('SIGINT');
      return running.up.child.exitCode !== null;
    });
    expect((await running.up.result).exitCode).toBe(130);
    expect((await call.result).exitCode).not.toBe(0);
    await vi.waitFor(() => expect(isGone(running.pid)).toBe(true), 20_000);
  });
});

describe('a failure that nobody waits for', { timeout: 120_000 }, () => {
  async function crash(signal: NodeJS.Signals, env: Record<string, string> = {}): Promise<CliResult> {
    const options = `--import=data:text/javascript,${encodeURIComponent(CRASHING)}`;
    await using running = await start({ NODE_OPTIONS: options, ...env });
    running.up.child.kill(signal);
    const result = await running.up.result;
    expect(isGone(running.pid)).toBe(true);
    expect(await readdir(running.state)).not.toContain('instance.json');
    return result;
  }

  test.each(['SIGUSR2', 'SIGWINCH'] as const)(
    'is one line, and ends what was started (%s)',
    async (signal) => {
      const { exitCode, stderr } = await crash(signal);
      expect(exitCode).toBe(1);
      const lines = stderr.split('\n').filter((line) => line.includes('boom'));
      expect(lines).toEqual([
        'error: Tutti failed unexpectedly and stops: boom (TUTTI_LOG=debug shows where)',
      ]);
      expect(stderr).not.toMatch(/^\s+at /m);
    },
  );

  test('says where it came from to those who ask', async () => {
    const { exitCode, stderr } = await crash('SIGUSR2', { TUTTI_LOG: 'debug' });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^\s+at /m);
  });
});

async function metrics({ up }: Running): Promise<string> {
  const url = /http:\S+(?=\/mcp)/.exec(up.stdout())?.[0] ?? '';
  return (await fetch(`${url}/metrics`)).text();
}
