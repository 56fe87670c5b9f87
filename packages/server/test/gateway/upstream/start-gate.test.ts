import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { MAX_HOLD_MS, StartGate } from '../../../src/gateway/upstream/start-gate.ts';
import type { Clock } from '../../../src/kernel/clock.ts';

/** A clock whose timers fire when the test says so. */
function manualClock() {
  const timers = new Map<() => void, number>();
  const clock: Clock = {
    nowMs: () => 0,
    after(delayMs, callback) {
      timers.set(callback, delayMs);
      return { [Symbol.dispose]: () => void timers.delete(callback) };
    },
  };
  const fire = (): void => {
    for (const [callback, delayMs] of timers) {
      expect(delayMs).toBe(MAX_HOLD_MS);
      timers.delete(callback);
      callback();
    }
  };
  return { clock, fire };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('so many at a time, the others in order', async () => {
  verifies('SUP-10');
  const { clock } = manualClock();
  const gate = new StartGate(clock, 2);
  const started: number[] = [];
  const ends = [1, 2, 3, 4].map((n) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    void gate.pass(() => {
      started.push(n);
      return promise;
    });
    return resolve;
  });
  await turn();
  expect(started).toEqual([1, 2]);
  ends[1]?.();
  await turn();
  expect(started).toEqual([1, 2, 3]);
  ends[0]?.();
  await turn();
  expect(started).toEqual([1, 2, 3, 4]);
});

test('a start that hangs gives its place away once', async () => {
  verifies('GW-08');
  const { clock, fire } = manualClock();
  const gate = new StartGate(clock, 1);
  const started: number[] = [];
  const hang = Promise.withResolvers<void>();
  const hanging = gate.pass(() => hang.promise);
  for (const n of [1, 2]) {
    void gate.pass(() => {
      started.push(n);
      return new Promise(() => {});
    });
  }
  await turn();
  expect(started).toEqual([]);
  fire();
  await turn();
  expect(started).toEqual([1]);
  hang.resolve();
  await hanging;
  await turn();
  expect(started).toEqual([1]);
});
