import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { OpenCircuit } from '../../../src/gateway/ports.ts';
import {
  Breaker,
  FIRST_OPEN_MS,
  MAX_OPEN_MS,
  MAX_UNANSWERED,
} from '../../../src/gateway/upstream/breaker.ts';

function open() {
  const changes: (OpenCircuit | undefined)[] = [];
  const breaker = new Breaker((circuit) => changes.push(circuit));
  const fail = (times: number, nowMs: number): void => {
    for (let call = 0; call < times; call++) breaker.unanswered('timed out', nowMs);
  };
  return { breaker, changes, fail };
}

test('so many unanswered calls in a row open it, and no fewer', () => {
  verifies('SUP-08');
  const { breaker, changes, fail } = open();
  fail(MAX_UNANSWERED - 1, 0);
  breaker.answered();
  fail(MAX_UNANSWERED - 1, 0);
  expect(breaker.refuses(0)).toBeUndefined();
  fail(1, 0);
  const refusal = { unanswered: MAX_UNANSWERED, reason: 'timed out', retryAtMs: FIRST_OPEN_MS };
  expect(breaker.refuses(FIRST_OPEN_MS - 1)).toEqual(refusal);
  expect(changes).toEqual([refusal]);
});

test('one call tries after the time; an answer closes it', () => {
  verifies('SUP-08');
  const { breaker, changes, fail } = open();
  fail(MAX_UNANSWERED, 0);
  expect(breaker.refuses(FIRST_OPEN_MS)).toBeUndefined();
  expect(breaker.refuses(FIRST_OPEN_MS)).toBeDefined();
  breaker.answered();
  expect(breaker.refuses(FIRST_OPEN_MS)).toBeUndefined();
  expect(changes.at(-1)).toBeUndefined();
});

test('a try that fails keeps it open for twice as long, up to a bound', () => {
  verifies('SUP-08');
  const { breaker, changes, fail } = open();
  fail(MAX_UNANSWERED, 0);
  let nowMs = 0;
  for (let round = 0; round < 10; round++) {
    nowMs = changes.at(-1)?.retryAtMs ?? 0;
    expect(breaker.refuses(nowMs)).toBeUndefined();
    fail(1, nowMs);
  }
  const opened = changes.map((circuit) => circuit?.retryAtMs ?? 0);
  expect((opened[1] ?? 0) - (opened[0] ?? 0)).toBe(FIRST_OPEN_MS * 2);
  expect((opened.at(-1) ?? 0) - (opened.at(-2) ?? 0)).toBe(MAX_OPEN_MS);
});

test('calls that were under way when it opened change nothing', () => {
  verifies('SUP-08');
  const { changes, fail } = open();
  fail(MAX_UNANSWERED, 0);
  fail(60, 100);
  expect(changes).toHaveLength(1);
});

test('a try that comes to nothing does not keep it shut for ever', () => {
  verifies('SUP-08');
  const { breaker, fail } = open();
  fail(MAX_UNANSWERED, 0);
  expect(breaker.refuses(FIRST_OPEN_MS)).toBeUndefined();
  expect(breaker.refuses(2 * FIRST_OPEN_MS)).toBeUndefined();
});
