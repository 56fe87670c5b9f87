import { expect, test } from 'vitest';
import type { Clock } from '../../../src/kernel/clock.ts';
import { createDebounce } from '../../../src/sources/files/debounce.ts';
import { MAX_WAIT_MS, QUIET_MS } from '../../../src/sources/files/limits.ts';
import { verifies } from '../../../../../test/verifies.ts';

/** A clock that stands still until it is moved. */
function manualClock() {
  let nowMs = 0;
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  const clock: Clock = {
    nowMs: () => nowMs,
    after(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
  };
  const advance = (ms: number) => {
    nowMs += ms;
    for (const timer of timers)
      if (timer.atMs <= nowMs) {
        timers.delete(timer);
        timer.callback();
      }
  };
  return { clock, advance, timers };
}

function setUp() {
  const manual = manualClock();
  let runs = 0;
  const run = () => {
    runs += 1;
  };
  const debounce = createDebounce({ clock: manual.clock, quietMs: QUIET_MS, maxWaitMs: MAX_WAIT_MS, run });
  return { ...manual, debounce, runs: () => runs };
}

test('many changes are one run, once all is quiet', () => {
  verifies('SRC-01');
  const { debounce, advance, runs } = setUp();
  debounce.trigger();
  advance(QUIET_MS - 1);
  debounce.trigger();
  advance(QUIET_MS - 1);
  expect(runs()).toBe(0);
  advance(1);
  expect(runs()).toBe(1);
  advance(10 * MAX_WAIT_MS);
  expect(runs()).toBe(1);
});

test('changes without end are applied within 500 ms of the first', () => {
  verifies('SRC-01');
  const { debounce, advance, runs } = setUp();
  for (let passed = 0; passed < 500; passed += 50) {
    debounce.trigger();
    expect(runs()).toBe(0);
    advance(50);
  }
  expect(runs()).toBe(1);
});

test('disposed, it never runs', () => {
  const { debounce, advance, runs, timers } = setUp();
  debounce.trigger();
  debounce[Symbol.dispose]();
  advance(MAX_WAIT_MS);
  expect(runs()).toBe(0);
  expect(timers.size).toBe(0);
});
