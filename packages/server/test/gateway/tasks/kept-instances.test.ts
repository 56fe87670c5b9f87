// A borrowed instance is closed when nobody uses it, but not while it alone knows a task.

import { isScanFailure, scanMessage } from '@tutti/wire';
import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { Exchange } from '../../../src/gateway/exchange.ts';
import type { Caller } from '../../../src/gateway/caller.ts';
import { Instance } from '../../../src/gateway/upstream/instance.ts';
import { OwnedInstances } from '../../../src/gateway/upstream/owned.ts';
import type { ServerEntry } from '../../../src/snapshot/types.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';

const entry: ServerEntry = {
  name: 's',
  configDigest: '',
  transport: 'stdio',
  isolation: 'session',
  admission: { kind: 'dial', attempt: 1 },
  limits: {
    callTimeoutMs: 1_000,
    maxCallMs: 1_000,
    startupTimeoutMs: 1e9,
    heartbeatIntervalMs: 1e9,
    maxInFlight: 8,
    maxQueued: 8,
    maxMessageBytes: 1_000,
    maxInstances: 8,
  },
  idle: undefined,
  toolFilter: undefined,
  segment: undefined,
  knownEra: undefined,
};

const caller: Caller = {
  principal: 'local',
  era: 'modern',
  sessionKey: undefined,
  protocolVersion: '2026-07-28',
  capabilities: '{}',
  clientInfo: undefined,
  logLevel: undefined,
  paramHeaders: undefined,
};

test('an instance with a task is not idle', () => {
  verifies('GW-05');
  const clock = createManualClock();
  const made: Instance[] = [];
  const owned = new OwnedInstances({
    clock,
    limits: () => entry.limits,
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
        events: {
          ready() {},
          ended() {},
          interactive() {},
          taskOf: () => undefined,
          notified() {},
          serverLog() {},
          failed() {},
          limitReached() {},
          healthy() {},
          unhealthy() {},
        },
      });
      made.push(instance);
      return instance;
    },
  });
  const [kept, idle] = [1, 2].map(() => {
    const request = scanMessage(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}'));
    if (isScanFailure(request)) throw new Error(request.reason);
    const exchange = new Exchange({
      request,
      method: 'tools/call',
      caller,
      server: 's',
      tool: undefined,
      renames: [],
      paramHeaders: undefined,
      startedMs: clock.nowMs(),
      deadlineMs: clock.nowMs() + 1_000,
      channel: { notify() {}, ask() {}, finish() {} },
      owner: { finished() {} },
    });
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
