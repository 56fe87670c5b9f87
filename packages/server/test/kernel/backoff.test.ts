import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { backoffDelayMs } from '../../src/kernel/backoff.ts';

const POLICY = { initialMs: 1_000, factor: 2, maxMs: 300_000, jitter: 0 };

test.each([
  [1, 1_000],
  [2, 2_000],
  [3, 4_000],
  [9, 256_000],
  [10, 300_000],
  [10_000, 300_000],
])('after %i failures it waits %i ms', (failures, delayMs) => {
  verifies('SUP-02');
  expect(backoffDelayMs(POLICY, failures, 0.5)).toBe(delayMs);
});

test('chance lengthens and shortens by the share that jitter names', () => {
  const policy = { ...POLICY, jitter: 0.25 };
  expect(backoffDelayMs(policy, 1, 0)).toBe(750);
  expect(backoffDelayMs(policy, 1, 0.5)).toBe(1_000);
  expect(backoffDelayMs(policy, 1, 0.999_999)).toBe(1_250);
  expect(backoffDelayMs(policy, 100, 0.999_999)).toBe(POLICY.maxMs);
});

test('no delay is above the maximum or below what jitter allows', () => {
  verifies('SUP-02');
  fc.assert(
    fc.property(
      fc.record({
        initialMs: fc.integer({ min: 1, max: 60_000 }),
        factor: fc.double({ min: 1, max: 10, noNaN: true }),
        maxMs: fc.integer({ min: 60_000, max: 3_600_000 }),
        jitter: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (policy, failures, chance) => {
        const delayMs = backoffDelayMs(policy, failures, chance);
        expect(delayMs).toBeLessThanOrEqual(policy.maxMs);
        expect(delayMs).toBeGreaterThanOrEqual(Math.floor(policy.initialMs * (1 - policy.jitter)));
      },
    ),
  );
});
