// A borrowed instance is closed when nobody uses it, but not while it alone knows a task.

import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { Instance } from '../../../src/gateway/upstream/instance.ts';
import { OwnedInstances } from '../../../src/gateway/upstream/owned.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';
import { aCall, anEntry, NO_EVENTS } from '../entry.ts';

const entry = anEntry({ isolation: 'session', limits: { startupTimeoutMs: 1e9, heartbeatIntervalMs: 1e9 } });

test('an instance with a task is not idle', () => {
  verifies('GW-05');
  const clock = createManualClock();
  const made: Instance[] = [];
  const owned = new OwnedInstances({
    clock,
    limits: () => entry.limits,
    isolation: () => entry.isolation,
    create: (scope) => {
      const instance = new Instance({
        clock,
        scope,
        entry: () => entry,
        open: () => new Promise(() => {}),
        openLink: () => new Promise(() => {}),
        seal: () => '',
        askTimeoutMs: 1_000,
        self: '{}',
        events: NO_EVENTS,
      });
      made.push(instance);
      return instance;
    },
    start: (instance) => instance.start(),
  });
  const [kept, idle] = [1, 2].map(() => {
    const { exchange } = aCall(clock.nowMs());
    owned.submit(exchange);
    return { exchange, instance: made.at(-1) };
  });
  kept?.exchange.cancel('enough');
  idle?.exchange.cancel('enough');
  if (kept?.instance !== undefined) kept.instance.keepUntilMs = clock.nowMs() + 600_000;
  clock.advance(300_000);
  expect(made.map(({ state }) => state)).toEqual(['connecting', 'closed']);
  clock.advance(600_000);
  expect(made.map(({ state }) => state)).toEqual(['closed', 'closed']);
});
