import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { RESYNC_MS } from '../../../src/reconcile/mcp-server/reconciler.ts';
import { declared } from './declared.ts';
import { usePlanes } from './plane.ts';

const { start } = usePlanes();

const a = declared({ name: 'a' });
const b = declared({ name: 'b' });

describe('registration', () => {
  const stays = declared({ name: 'a', spec: { autoStart: false } });

  test('is by what is declared: with autoStart at once, without it on command, gone with the declaration', async () => {
    verifies('SRV-14', 'SRV-10');
    await using plane = await start(stays, b);
    expect([plane.entry('a')?.admission.kind, plane.entry('b')?.admission.kind]).toEqual(['hold', 'dial']);
    plane.start('a');
    expect(plane.status('a')).toMatchObject({ state: 'Starting' });
    await plane.settled();
    await plane.comeUp('a', 'x');
    expect(plane.listed('a')).toEqual(['a_x']);
    // The passes that come by themselves leave it alone, and so does another command to start.
    plane.clock.advance(2 * RESYNC_MS);
    plane.start('a');
    await plane.settled();
    expect(plane.status('a')).toMatchObject({ state: 'Running' });
    expect(plane.attempt('a')).toBe(1);
    plane.declarations.remove('a');
    await plane.settled();
    expect(plane.entry('a')).toBeUndefined();
  });

  test('of one that runs for a look only makes it stay', async () => {
    verifies('SRV-10');
    await using plane = await start(stays);
    plane.observations.report({ kind: 'wanted', server: 'a' });
    await plane.settled();
    await plane.comeUp('a', 'x');
    expect(plane.listed('a'), 'it is not meant to run').toBeUndefined();
    plane.start('a');
    await plane.settled();
    expect(plane.listed('a')).toEqual(['a_x']);
    expect(plane.attempt('a')).toBe(1);
  });

  test('that failed is tried again by itself, and at once on command', async () => {
    verifies('SRV-14');
    await using plane = await start(a);
    await plane.crash('a');
    expect(plane.status('a')).toMatchObject({ state: 'Failed' });
    plane.clock.advance(RESYNC_MS);
    await plane.settled();
    expect(plane.attempt('a')).toBe(2);
    await plane.crash('a');
    plane.start('a');
    await plane.settled();
    expect(plane.attempt('a')).toBe(3);
  });

  test('ends with a suspension, whatever was commanded before; the status says by whom', async () => {
    verifies('SRV-10');
    await using plane = await start(stays);
    plane.start('a');
    await plane.settled();
    await plane.comeUp('a', 'x');
    const suspension = {
      suspended: true,
      declared: false,
      origin: 'file',
      place: 'override' as const,
      by: 'ann',
      sinceMs: plane.clock.nowMs(),
    };
    const suspended = declared({ name: 'a', generation: 2, spec: { autoStart: false, suspended: true } });
    plane.declarations.set({ ...suspended, suspension });
    const since = new Date(suspension.sinceMs).toISOString();
    const reason = `a is suspended by ann since ${since}; resume it with \`tutti resume a\``;
    expect(plane.status('a')).toMatchObject({
      state: 'Suspended',
      reason,
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'Suspended', status: 'True', reason: 'ByCommand', message: reason }),
      ]),
    });
    plane.clock.advance(2 * RESYNC_MS);
    await plane.settled();
    expect(plane.entry('a')?.admission).toMatchObject({ kind: 'hold', state: 'Suspended' });
    expect(plane.listed('a')).toBeUndefined();
    expect(() => plane.start('a')).toThrow(expect.objectContaining({ code: 'conflict' }));
    plane.declarations.set(declared({ name: 'a', generation: 3, spec: { autoStart: false } }));
    await plane.settled();
    expect(plane.status('a')).toMatchObject({ state: 'Stopped' });
  });

  test('against the declaration is told, too', async () => {
    verifies('SRV-10');
    const suspension = {
      suspended: false,
      declared: true,
      origin: 'git:team',
      place: 'override' as const,
      by: 'ann',
      sinceMs: 0,
    };
    await using plane = await start({ ...a, suspension });
    expect(plane.status('a')?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Suspended', status: 'False', reason: 'Resumed' }),
    );
  });
});
