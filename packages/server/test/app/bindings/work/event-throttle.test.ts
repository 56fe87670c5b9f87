import { expect, test } from 'vitest';
import { verifies } from '../../../../../../test/verifies.ts';
import {
  createEventThrottle,
  MAX_TOLD,
  WINDOW_MS,
} from '../../../../src/app/bindings/work/event-throttle.ts';
import { createManualClock } from '../../../kernel/manual-clock.ts';

function open() {
  const clock = createManualClock();
  const told: string[] = [];
  const throttle = createEventThrottle({
    clock,
    add: (name, reason, message) => void told.push(`${name} ${reason}: ${message}`),
  });
  return { clock, told, throttle };
}

test('a hundred thousand failures at once are a few events, and none goes uncounted', () => {
  verifies('OPS-10');
  const { clock, told, throttle } = open();
  for (let index = 1; index <= 100_000; index += 1) throttle.add(`t${index}`, 'TaskFailed', 'no luck');
  throttle.add('a', 'AgentUnhealthy', 'silent');
  expect(told).toHaveLength(MAX_TOLD + 1);
  clock.advance(WINDOW_MS);
  expect(told).toHaveLength(MAX_TOLD + 2);
  expect(told.at(-1)).toBe(
    `t100000 TaskFailed: no luck (and ${100_000 - MAX_TOLD - 1} more of this kind within 60 s)`,
  );
  throttle.add('later', 'TaskFailed', 'again');
  expect(told.at(-1)).toBe('later TaskFailed: again');
});

test('the one that is over is told as it is, and what is counted is told at the end too', () => {
  const { told, throttle, clock } = open();
  for (let index = 0; index <= MAX_TOLD; index += 1) throttle.add(`t${index}`, 'TaskCancelled', 'by bert');
  throttle[Symbol.dispose]();
  expect(told.at(-1)).toBe(`t${MAX_TOLD} TaskCancelled: by bert`);
  expect(clock.waiting).toBe(0);
});
