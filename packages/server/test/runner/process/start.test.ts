import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { MAX_LINE_CHARS } from '../../../src/telemetry/clean-line.ts';
import { createTestRunner, firstWords, never, program, programs, shell, type TestRunner } from './harness.ts';

describe('starting a process', () => {
  let test: TestRunner;
  beforeEach(() => {
    test = createTestRunner({ env: { NODE_OPTIONS: '--no-warnings', SECRET: 'of tutti', LANG: 'C.UTF-8' } });
  });
  afterEach(() => test[Symbol.asyncDispose]());

  it('gives it little of our environment, all that is declared, and the tag', async () => {
    verifies('SUP-01');
    const running = await test.runner.start(
      program('environment.mjs', [], { env: { DECLARED: 'yes' } }),
      never,
    );
    const env: unknown = JSON.parse(await text(running.stdout));
    expect(env).toEqual({
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      LANG: 'C.UTF-8',
      DECLARED: 'yes',
      TUTTI_OWNER: `${test.ownerId.state}-${test.ownerId.run}/1`,
    });
  });

  it('passes arguments without a shell', async () => {
    const running = await test.runner.start(
      { ...shell(''), command: 'printf', args: ['%s', '$HOME `id` "x" *'] },
      never,
    );
    expect(await text(running.stdout)).toBe('$HOME `id` "x" *');
  });

  it('looks for a command with a slash from the workdir', async () => {
    const workdir = mkdtempSync(join(tmpdir(), 'tutti-workdir-'));
    writeFileSync(join(workdir, 'server.sh'), '#!/bin/sh\npwd\n', { mode: 0o755 });
    const running = await test.runner.start(
      { ...shell('', { workdir }), command: './server.sh', args: [] },
      never,
    );
    expect(await text(running.stdout)).toBe(`${workdir}\n`);
  });

  it.each([
    [
      'no-such-command',
      programs,
      /command not found in PATH: no-such-command; install it, or correct `command`/,
    ],
    ['./missing', programs, /command not found: \.\/missing; install it/],
    ['./crash.mjs', programs, /crash\.mjs is not executable; run chmod \+x/],
    ['sh', '/no/such/folder', /workdir cannot be used: \/no\/such\/folder; create it/],
    ['sh', join(programs, 'crash.mjs'), /workdir is not a folder/],
  ])('says what to do about %s in %s', async (command, workdir, message) => {
    verifies('SUP-06');
    chmodSync(join(programs, 'crash.mjs'), 0o644);
    const start = test.runner.start({ ...shell('', { workdir }), command, args: [] }, never);
    await expect(start).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(message),
    });
    expect(test.runner.running()).toEqual([]);
  });

  it('says that an interpreter is missing', async () => {
    verifies('SUP-06');
    const workdir = mkdtempSync(join(tmpdir(), 'tutti-workdir-'));
    writeFileSync(join(workdir, 'server'), '#!/no/such/interpreter\n', { mode: 0o755 });
    const start = test.runner.start({ ...shell('', { workdir }), command: './server', args: [] }, never);
    await expect(start).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('interpreter in its first line is missing'),
    });
  });

  it('tells of a crash at start with exit code and stderr', async () => {
    verifies('SUP-06', 'SUP-05');
    const running = await test.runner.start(program('crash.mjs'), never);
    const end = await running.ended;
    expect(end.code).toBe(3);
    expect(end.reason).toMatch(/^exited with code 3; last stderr: reading settings \| no API key: set /);
  });

  it('tells of the signal that killed it', async () => {
    verifies('SUP-05');
    const running = await test.runner.start(shell('kill -s SEGV $$'), never);
    expect(await running.ended).toMatchObject({ code: null, signal: 'SIGSEGV', reason: 'killed by SIGSEGV' });
  });

  it('survives writing to a process that is gone', async () => {
    verifies('SUP-06');
    const running = await test.runner.start(shell('exec <&-; exit 0'), never);
    running.stdin.write('x'.repeat(1_000_000));
    await running.ended;
    running.stdin.write('more');
  });

  it('does not start when it was cancelled', async () => {
    const start = test.runner.start(shell('sleep 1000'), AbortSignal.abort());
    await expect(start).rejects.toMatchObject({ code: 'cancelled' });
    expect(test.runner.running()).toEqual([]);
  });

  it('counts and caps processes, and frees the place of one that ended', async () => {
    verifies('SUP-10');
    await using capped = createTestRunner({ maxProcesses: 2 });
    const { runner, reported } = capped;
    const [first] = await Promise.all([
      runner.start(shell('sleep 1000'), never),
      runner.start(shell('sleep 1000'), never),
    ]);
    expect(runner.running()).toHaveLength(2);
    await expect(runner.start(shell('sleep 1000'), never)).rejects.toMatchObject({ code: 'overloaded' });
    expect(reported).toContain('limit 2 reached by shell');
    await first?.stop();
    await eventually(() => runner.running().length === 1);
    await runner.start(shell('sleep 1000'), never);
    expect(runner.running()).toHaveLength(2);
  });

  it('survives floods on stdout and stderr and goes on serving others', async () => {
    verifies('SUP-04', 'SUP-06');
    const quick = { stopGraceMs: 100 };
    const stderrFlood = await test.runner.start(program('flood.mjs', ['stderr'], quick), never);
    const stdoutFlood = await test.runner.start(program('flood.mjs', ['stdout'], quick), never);
    let received = 0;
    stdoutFlood.stdout.on('data', (chunk: Buffer) => (received += chunk.length));
    await eventually(() => received > 20_000_000 && test.stderr.length > 3_000);
    const other = await test.runner.start(program('polite.mjs'), never);
    expect(await firstWords(other.stdout)).toEqual(['ready']);
    expect((await stderrFlood.stop()).reason).toMatch(/^stopped/);
    expect((await stdoutFlood.stop()).reason).toMatch(/^stopped/);
  });

  it('ends a process whose output nobody reads', async () => {
    verifies('SUP-06');
    const running = await test.runner.start(program('flood.mjs', ['stdout']), never);
    await running.stop();
    expect(test.runner.running()).toEqual([]);
  });

  it('cuts a 50 MB line of stderr', async () => {
    verifies('SUP-06');
    const script = `process.stderr.write('x'.repeat(50e6) + '\\nnext\\n')`;
    const running = await test.runner.start(
      { ...shell(''), command: process.execPath, args: ['-e', script] },
      never,
    );
    await running.ended;
    expect(test.stderr[0]).toHaveLength(MAX_LINE_CHARS + 1);
    expect(test.stderr[1]).toBe('next');
  });

  it('stops a process that takes more memory than it may, descendants included', async () => {
    verifies('SUP-07');
    await using hasty = createTestRunner({ haste: 20 });
    const memoryBytes = 100 * 1_048_576;
    const running = await hasty.runner.start(program('hungry.mjs', ['150'], { memoryBytes }), never);
    const { reason } = await running.ended;
    expect(reason).toMatch(/^memory limit 100 MiB exceeded: \d+ MiB in use \((exited with|killed by) /);
  });

  it('samples the memory of what runs', async () => {
    verifies('SUP-07', 'SUP-10');
    await using hasty = createTestRunner({ haste: 20 });
    const running = await hasty.runner.start(program('polite.mjs'), never);
    const [info] = hasty.runner.running();
    expect(info).toMatchObject({
      pid: running.pid,
      server: 'polite',
      instance: 'shared',
      rssBytes: undefined,
    });
    await eventually(() => (hasty.runner.running()[0]?.rssBytes ?? 0) > 10_000_000);
  });
});
