import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { runPrefix } from '../../../src/runner/process/owner-tag.ts';
import {
  carriers,
  createTestRunner,
  firstWords,
  isAlive,
  never,
  program,
  shell,
  type TestRunner,
} from './harness.ts';

describe('stopping a process', () => {
  const open: TestRunner[] = [];
  const create = (...args: Parameters<typeof createTestRunner>): TestRunner => {
    const created = createTestRunner(...args);
    open.push(created);
    return created;
  };
  afterEach(async () => {
    for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  });

  // The first of all, so that there is none of others.
  it('leaves no timer behind that would keep ours from ending', async () => {
    verifies('SUP-01', 'SUP-09');
    const { runner } = create();
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const running = await runner.start(program('polite.mjs'), never);
    await firstWords(running.stdout);
    await running.stop();
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('asks with SIGTERM and takes the answer', async () => {
    verifies('SUP-01', 'SUP-05');
    const { runner, reported, stderr } = create();
    const running = await runner.start(program('polite.mjs'), never);
    await firstWords(running.stdout);
    const end = await running.stop();
    expect(end).toEqual({ code: 7, signal: null, reason: 'stopped (exited with code 7)' });
    expect(stderr).toEqual(['bye']);
    expect(isAlive(running.pid)).toBe(false);
    await eventually(() => reported.includes('ended polite: stopped (exited with code 7)'));
    expect(reported).toContain('started polite');
    expect(runner.running()).toEqual([]);
  });

  it('kills what ignores SIGTERM when the grace period is over', async () => {
    verifies('SUP-01', 'SUP-06');
    const { runner } = create();
    const running = await runner.start(program('ignore-term.mjs', [], { stopGraceMs: 100 }), never);
    await firstWords(running.stdout);
    expect(await running.stop()).toEqual({
      code: null,
      signal: 'SIGKILL',
      reason: 'stopped (killed by SIGKILL)',
    });
    expect(isAlive(running.pid)).toBe(false);
  });

  it('gives members of the group that outlive a wrapper the rest of the grace period', async () => {
    verifies('SUP-01');
    const { runner, stderr } = create();
    // The wrapper ends at SIGTERM at once; the worker needs a moment, and says when it is done.
    const worker = `trap 'sleep 0.3; echo flushed >&2; exit 0' TERM; echo ready; while :; do sleep 0.1; done`;
    const spec = shell(`sh -c "$WORKER" & trap 'exit 0' TERM; wait`, { env: { WORKER: worker } });
    const running = await runner.start(spec, never);
    await firstWords(running.stdout);
    await running.stop();
    expect(stderr).toContain('flushed');
    expect(carriers(`WORKER=${worker}`)).toEqual([]);
  });

  it('ends a grandchild that left the group and ignores SIGTERM', async () => {
    verifies('SUP-01');
    const { runner } = create();
    const running = await runner.start(program('escaping.mjs', [], { stopGraceMs: 100 }), never);
    const [, grandchild] = await firstWords(running.stdout);
    expect(isAlive(Number(grandchild))).toBe(true);
    await running.stop();
    expect(isAlive(Number(grandchild))).toBe(false);
  });

  it('ends a chain of wrappers as npx makes it', async () => {
    verifies('SUP-01');
    const { runner } = create();
    const running = await runner.start(program('wrapper-chain.mjs', [], { stopGraceMs: 100 }), never);
    const words = await firstWords(running.stdout);
    await running.stop();
    expect(isAlive(Number(words.at(-1)))).toBe(false);
    expect(isAlive(running.pid)).toBe(false);
  });

  it('ends a tree with sessions of its own, down to the last process', async () => {
    verifies('SUP-01', 'SUP-06', 'SUP-10');
    const { runner, ownerId } = create();
    const running = await runner.start(program('tree.mjs', ['2', '2'], { stopGraceMs: 100 }), never);
    await firstWords(running.stdout);
    expect(carriers(runPrefix(ownerId))).toHaveLength(7);
    await running.stop();
    expect(carriers(runPrefix(ownerId))).toEqual([]);
  });

  it('ends what a wrapper leaves behind when it exits first', async () => {
    verifies('SUP-01');
    const { runner, ownerId } = create();
    const running = await runner.start(shell('sleep 1000 & setsid sleep 1000 & echo ready; exit 0'), never);
    expect(await running.ended).toMatchObject({ code: 0, reason: 'exited with code 0' });
    expect(carriers(runPrefix(ownerId))).toEqual([]);
  });

  it('is the same stop for all who ask, and a no-op afterwards', async () => {
    verifies('SUP-01');
    const { runner } = create();
    const running = await runner.start(program('polite.mjs'), never);
    await firstWords(running.stdout);
    const [first, second] = await Promise.all([running.stop(), running.stop()]);
    expect(second).toBe(first);
    expect(await running.stop()).toBe(first);
  });

  it('stops everything at dispose and starts nothing more', async () => {
    verifies('SUP-09', 'SUP-01');
    const { runner, ownerId } = create();
    const started = await Promise.all([
      runner.start(program('polite.mjs'), never),
      runner.start(program('escaping.mjs', [], { stopGraceMs: 100 }), never),
      runner.start(shell('sleep 1000'), never),
    ]);
    await Promise.all(started.slice(0, 2).map((running) => firstWords(running.stdout)));
    await runner[Symbol.asyncDispose]();
    expect(carriers(runPrefix(ownerId))).toEqual([]);
    await expect(runner.start(shell('true'), never)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('ends the group where there is no /proc', async () => {
    verifies('SUP-01');
    const { runner, ownerId, reported } = create({ platform: 'darwin' });
    const running = await runner.start(
      program('wrapper-chain.mjs', [], { stopGraceMs: 100, memoryBytes: 1 }),
      never,
    );
    await firstWords(running.stdout);
    expect(reported).toContain('memory limit of wrapper-chain not enforced');
    await running.stop();
    expect(carriers(runPrefix(ownerId))).toEqual([]);
  });

  it('says that Windows is not supported', () => {
    expect(() => create({ platform: 'win32' })).toThrow(/Windows is not supported yet/);
  });
});
