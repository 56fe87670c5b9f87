// How an instance lets calls in flight finish before it closes.

import { describe, expect, it } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { Reply } from '../../../src/gateway/exchange.ts';
import type { HttpTarget } from '../../../src/gateway/ports.ts';
import { Instance } from '../../../src/gateway/upstream/instance.ts';
import type { LinkHandlers } from '../../../src/gateway/upstream/link.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';
import { aCall, anEntry, message, NO_EVENTS } from '../entry.ts';

const DRAIN_MS = 5_000;

const ENTRY = anEntry({ limits: { maxInFlight: 1, maxQueued: 10 } });

const TARGET: HttpTarget = {
  url: new URL('http://one.test'),
  headers: {},
  transport: 'streamable-http',
  process: undefined,
};

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
    events: NO_EVENTS,
  });
  await instance.start();
  return {
    clock,
    instance,
    sent,
    answer: (id: number) => handlers?.message(message({ jsonrpc: '2.0', id, result: {} }), undefined),
    call: (): { readonly replies: Reply[] } => {
      const { exchange, replies } = aCall(clock.nowMs());
      instance.submit(exchange);
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

it('an instance that is over fails what is still submitted to it', async () => {
  verifies('GW-08');
  const { instance, call } = await open();
  await instance.close('gone');
  expect(JSON.stringify(call().replies)).toContain('the connection is over');
});
