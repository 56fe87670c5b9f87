import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { createStoreHealth } from '../../src/app/store-health.ts';
import { UNWATCHED } from '../../src/store/store-watch.ts';
import { createManualClock } from '../kernel/manual-clock.ts';

function world() {
  const clock = createManualClock();
  const told: (string | undefined)[] = [];
  let works = false;
  let probes = 0;
  const health = createStoreHealth({
    place: '/state/tutti.db',
    watch: UNWATCHED,
    clock,
    random: () => 0.5,
  });
  const start = () =>
    health.start({
      changed: (trouble) => void told.push(trouble),
      async probe() {
        probes += 1;
        return works;
      },
    });
  return {
    clock,
    told,
    health,
    start,
    probes: () => probes,
    mend: () => void (works = true),
    /** Moves on, and lets what became due come to its end. */
    pass: async (ms: number): Promise<void> => {
      clock.advance(ms);
      await new Promise(setImmediate);
    },
  };
}

test('a store that fails is a problem, told once, until what it is tried with is written', async () => {
  verifies('OPS-02', 'OPS-07');
  const { clock, told, health, start, probes, mend, pass } = world();
  using _started = start();
  health.failed('disk_full', 'the disk is full; make room');
  health.failed('disk_full', 'the disk is full; make room');
  expect(told).toEqual(['the disk is full; make room']);
  expect(health.problems()).toMatchObject([{ path: '/state/tutti.db', field: 'store', severity: 'warning' }]);
  expect(health.problems()[0]?.message).toContain('make room. Calls go on');

  // Somebody else's small write is no proof.
  health.finished('write', 1);
  expect(health.problems()).toHaveLength(1);
  await pass(1_000);
  await pass(2_000);
  expect(probes()).toBe(2);
  expect(health.problems()).toHaveLength(1);
  mend();
  await pass(4_000);
  expect(health.problems()).toEqual([]);
  expect(told).toEqual(['the disk is full; make room', undefined]);
  expect(clock.waiting).toBe(0);
});

test('what is about one statement or one caller is no trouble of the store', () => {
  verifies('OPS-02');
  const { told, health, start } = world();
  using _started = start();
  for (const failure of ['unique_violation', 'contention', 'cancelled', 'queue_full', 'closed'] as const)
    health.failed(failure, 'of one caller');
  expect(told).toEqual([]);
  expect(health.problems()).toEqual([]);
});

test('trouble from before it is started is told; trouble that comes and goes is tried less and less', async () => {
  verifies('OPS-02');
  const { clock, told, health, start, mend, probes, pass } = world();
  mend();
  health.failed('connection_lost', 'away');
  const started = start();
  expect(told).toEqual(['away']);
  await pass(1_000);
  health.failed('connection_lost', 'away');
  await pass(1_000);
  expect(probes()).toBe(1);
  await pass(1_000);
  expect(probes()).toBe(2);

  await pass(120_000);
  health.failed('connection_lost', 'away');
  await pass(1_000);
  expect(probes()).toBe(3);
  health.failed('connection_lost', 'away');
  started[Symbol.dispose]();
  expect(clock.waiting).toBe(0);
});
