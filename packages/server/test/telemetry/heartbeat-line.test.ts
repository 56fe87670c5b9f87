import { expect, it } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { createHeartbeatLine } from '../../src/telemetry/heartbeat-line.ts';

it('names the running servers every 60 s, until it is disposed', () => {
  verifies('SUP-05');
  const timers: { delayMs: number; callback: () => void; cancelled: boolean }[] = [];
  const clock = {
    nowMs: () => 0,
    after(delayMs: number, callback: () => void) {
      const timer = { delayMs, callback, cancelled: false };
      timers.push(timer);
      return { [Symbol.dispose]: () => void (timer.cancelled = true) };
    },
  };
  const lines: string[] = [];
  let running: string[] = [];
  const heartbeat = createHeartbeatLine({ clock, running: () => running, write: (line) => lines.push(line) });
  timers[0]?.callback();
  running = ['b', 'a'];
  timers[1]?.callback();
  heartbeat[Symbol.dispose]();
  expect(lines).toEqual(['Running servers: none', 'Running servers: a, b']);
  expect(timers.map(({ delayMs, cancelled }) => [delayMs, cancelled])).toEqual([
    [60_000, false],
    [60_000, false],
    [60_000, true],
  ]);
});
