import { expect, test } from 'vitest';
import { createSingleFlight } from '../../src/kernel/single-flight.ts';
import { eventually } from '../../../../test/support/eventually.ts';

function flights() {
  const open: { readonly end: () => void; readonly fail: (error: Error) => void }[] = [];
  let atOnce = 0;
  let most = 0;
  const flight = createSingleFlight(async () => {
    most = Math.max(most, ++atOnce);
    try {
      await new Promise<void>((end, fail) => open.push({ end, fail }));
    } finally {
      atOnce -= 1;
    }
  });
  return { flight, open, most: () => most };
}

test('who asks during a run gets one more run, however many they are', async () => {
  const { flight, open, most } = flights();
  const first = flight.run();
  const later = [flight.run(), flight.run(), flight.run()];
  open[0]?.end();
  await first;
  await eventually(() => open.length === 2);
  open[1]?.end();
  await Promise.all(later);
  expect([open.length, most()]).toEqual([2, 1]);
});

test('a run that fails fails those that asked for it, and the next one goes on', async () => {
  const { flight, open } = flights();
  const first = flight.run();
  const second = flight.run();
  open[0]?.fail(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await eventually(() => open.length === 2);
  open[1]?.end();
  await second;
});

test('idle waits for the run under way, and for nothing when there is none', async () => {
  const { flight, open } = flights();
  await flight.idle();
  const run = flight.run();
  let isIdle = false;
  const idle = flight.idle().then(() => (isIdle = true));
  await Promise.resolve();
  expect(isIdle).toBe(false);
  open[0]?.end();
  await Promise.all([run, idle]);
});
