import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import {
  HeldResults,
  heldTask,
  MAX_HELD_BYTES,
  MAX_HELD_RESULTS,
} from '../../../src/gateway/tasks/held-results.ts';
import { writeObject } from '../../../src/gateway/tasks/task-text.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';

test('a result is kept as it is, for as long as the client wants, within an hour', () => {
  verifies('GW-05');
  const clock = createManualClock();
  const results = new HeldResults(clock);
  const bytes = Buffer.from('{"n":1e400}');
  const short = results.hold('s', bytes, false, 5_000);
  const long = results.hold('s', bytes, true, 1e12);
  bytes.fill(0);
  expect(results.get(short.ref)?.json.toString()).toBe('{"n":1e400}');
  clock.advance(5_000);
  expect(results.get(short.ref)).toBeUndefined();
  expect(results.get(long.ref)).toBeDefined();
  clock.advance(60 * 60_000);
  expect(results.get(long.ref)).toBeUndefined();
});

test('held results are bounded in number and in bytes; the oldest go', () => {
  verifies('GW-05');
  const results = new HeldResults(createManualClock());
  const small = Array.from({ length: MAX_HELD_RESULTS + 1 }, () =>
    results.hold('s', Buffer.from('{}'), false, undefined),
  );
  expect(small.filter(({ ref }) => results.get(ref) === undefined)).toEqual([small[0]]);
  const half = Buffer.alloc(MAX_HELD_BYTES / 2 + 1);
  const first = results.hold('s', half, false, undefined);
  const second = results.hold('s', half, false, undefined);
  expect(results.get(first.ref)).toBeUndefined();
  expect(results.get(second.ref)).toBeDefined();
});

test('a held result is a task that starts as any', () => {
  verifies('GW-05');
  const held = new HeldResults(createManualClock()).hold('s', Buffer.from('{}'), true, 5_000);
  const status = (isNew: boolean): string | undefined => heldTask(held, 'h', isNew).get('status')?.toString();
  expect(status(true)).toBe('"working"');
  expect(status(false)).toBe('"failed"');
  expect(JSON.parse(writeObject(heldTask(held, 'h', false)).toString())).toMatchObject({
    taskId: 'h',
    ttl: 5_000,
  });
});
