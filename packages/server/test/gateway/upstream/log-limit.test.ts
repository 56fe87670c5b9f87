import { expect, it } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { createLogLimit } from '../../../src/gateway/upstream/log-limit.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';

it('lines that come too fast are counted instead of kept', () => {
  verifies('SUP-04', 'SUP-06');
  const clock = createManualClock();
  const written: string[] = [];
  const log = createLogLimit(clock, (_, line) => written.push(line));
  for (let line = 0; line < 10_000; line++) log('stdout', 'junk');
  expect(written).toHaveLength(500);
  clock.advance(100);
  expect(written.at(-1)).toBe('9500 lines were left out here: they came too fast');
  log('stdout', 'later');
  expect(written.at(-1)).toBe('later');
  clock.advance(1_000);
  expect(written).toHaveLength(502);
  expect(clock.waiting).toBe(0);
});

it('a flood on one stream leaves the other its lines', () => {
  verifies('SUP-04');
  const clock = createManualClock();
  const written: string[] = [];
  const log = createLogLimit(clock, (stream, line) => written.push(`${stream} ${line}`));
  for (let line = 0; line < 10_000; line++) log('log', 'flood');
  log('stdout', 'junk');
  expect(written.at(-1)).toBe('stdout junk');
  clock.advance(100);
  expect(written.at(-1)).toBe('log 9500 lines were left out here: they came too fast');
});
