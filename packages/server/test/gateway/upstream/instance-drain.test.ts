// How an instance lets calls in flight finish before it closes.

import { isScanFailure, scanMessage, type Message } from '@tutti/wire';
import { describe, expect, it } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { Exchange, type Reply } from '../../../src/gateway/exchange.ts';
import type { Caller } from '../../../src/gateway/caller.ts';
import type { HttpTarget } from '../../../src/gateway/ports.ts';
import { Instance } from '../../../src/gateway/upstream/instance.ts';
import type { LinkHandlers } from '../../../src/gateway/upstream/link.ts';
import type { ServerEntry } from '../../../src/snapshot/types.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';

const DRAIN_MS = 5_000;

const ENTRY: ServerEntry = {
  name: 'one',
  configDigest: 'd',
  transport: 'stdio',
  isolation: 'shared',
  admission: { kind: 'dial', attempt: 1 },
  limits: {
    callTimeoutMs: 30_000,
    maxCallMs: 600_000,
    startupTimeoutMs: 15_000,
    heartbeatIntervalMs: 30_000,
    maxInFlight: 1,
    maxQueued: 10,
    maxMessageBytes: 1 << 20,
    maxInstances: 1,
  },
  idle: undefined,
  toolFilter: undefined,
  segment: undefined,
  knownEra: 'legacy',
};

const TARGET: HttpTarget = {
  url: new URL('http://one.test'),
  headers: {},
  transport: 'streamable-http',
  process: undefined,
};

const CALLER: Caller = {
  principal: 'local',
  era: 'modern',
  sessionKey: undefined,
  protocolVersion: '2026-07-28',
  capabilities: '{}',
  clientInfo: undefined,
  logLevel: undefined,
  paramHeaders: undefined,
};

function message(json: unknown): Message {
  const scanned = scanMessage(Buffer.from(JSON.stringify(json)));
  if (isScanFailure(scanned)) throw new Error(scanned.reason);
  return scanned;
}

/** A ready instance on a link that answers the handshake; calls are answered by the test. */
async function open() {
  const clock = createManualClock();
  const sent: number[] = [];
  let handlers: LinkHandlers | undefined;
  const nothing = (): void => undefined;
  const instance = new Instance({
    clock,
    scope: { key: 'shared', capabilities: '{}', clientInfo: '{}' },
    entry: () => ENTRY,
    open: () => Promise.resolve({ kind: 'http', target: TARGET }),
    openLink: (_, given) => {
      handlers = given;
      return Promise.resolve({
        request({ id, method }) {
          const result = { protocolVersion: '2025-11-25', capabilities: {} };
          if (method === 'initialize')
            queueMicrotask(() => given.message(message({ jsonrpc: '2.0', id, result }), undefined));
          else sent.push(id);
        },
        send: nothing,
        abort: nothing,
        agree: nothing,
        listen: nothing,
        close: () => Promise.resolve(),
      });
    },
    seal: (_, state) => state,
    askTimeoutMs: 1,
    self: '{}',
    events: {
      ready: nothing,
      ended: nothing,
      interactive: nothing,
      taskOf: () => undefined,
      notified: nothing,
      serverLog: nothing,
      failed: nothing,
      limitReached: nothing,
      healthy: nothing,
      unhealthy: nothing,
    },
  });
  await instance.start();
  return {
    clock,
    instance,
    sent,
    answer: (id: number) => handlers?.message(message({ jsonrpc: '2.0', id, result: {} }), undefined),
    call: (): { readonly replies: Reply[] } => {
      const replies: Reply[] = [];
      const finish = (reply: Reply): void => void replies.push(reply);
      instance.submit(
        new Exchange({
          request: message({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x' } }),
          method: 'tools/call',
          caller: CALLER,
          server: 'one',
          tool: 'x',
          renames: [],
          paramHeaders: undefined,
          startedMs: clock.nowMs(),
          deadlineMs: clock.nowMs() + 30_000,
          channel: { notify: nothing, ask: nothing, finish },
          owner: { finished: nothing },
        }),
      );
      return { replies };
    },
  };
}

describe('an instance that is closed', () => {
  it('closes as soon as its calls are answered, those that waited for their turn too', async () => {
    verifies('SUP-09');
    const { instance, sent, answer, call } = await open();
    const first = call();
    const second = call();
    const closed = instance.close('tutti is stopping', DRAIN_MS);
    answer(sent[0] ?? -1);
    expect(instance.state).toBe('ready');
    answer(sent[1] ?? -1);
    await closed;
    expect([first, second].map(({ replies }) => replies[0]?.kind)).toEqual(['message', 'message']);
    expect(instance.state).toBe('closed');
  });

  it('gives up those that do not end in time, and says why', async () => {
    verifies('SUP-09');
    const { clock, instance, call } = await open();
    const { replies } = call();
    const closed = instance.close('tutti is stopping', DRAIN_MS);
    clock.advance(DRAIN_MS);
    await closed;
    expect(JSON.stringify(replies)).toContain('one: tutti is stopping');
  });
});
