// Connections that are refused, where they are tried again: as often and as far apart as it says, and nothing else is.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePorts } from '../../../../../test/support/free-ports.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { createDispatcher } from '../../../src/gateway/upstream/dispatcher.ts';
import { createHttpLink } from '../../../src/gateway/upstream/http-link.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';
import { httpTarget } from './http-fixture.ts';
import { LinkRecorder, request, until } from './link-recorder.ts';

const DELAY_MS = 250;

function dial(port: number, attempts = 6) {
  const url = new URL(`http://127.0.0.1:${port}/mcp`);
  const clock = createManualClock();
  const dispatcher = createDispatcher(url.origin, { retryRefused: { clock, attempts, delayMs: DELAY_MS } });
  const seen = new LinkRecorder();
  const options = { clock: systemClock, random: () => 0.5, maxMessageBytes: 1 << 20 };
  const link = createHttpLink(httpTarget(url), dispatcher, seen, options);
  link.request(request(1));
  return {
    seen,
    clock,
    async [Symbol.asyncDispose]() {
      await link.close();
      await dispatcher.destroy();
    },
  };
}

it('goes on after a refusal, and fails with it after the last', async () => {
  verifies('GW-10');
  const [port = 0] = await freePorts(1);
  await using dialled = dial(port);
  const { clock, seen } = dialled;
  for (let retry = 1; retry <= 6; retry++) {
    await until(() => clock.waiting === 1);
    expect(seen.failures.size).toBe(0);
    clock.advance(DELAY_MS - 1);
    expect(clock.waiting).toBe(1);
    clock.advance(1);
  }
  const failure = await seen.failure(1);
  expect(failure).toMatchObject({
    kind: 'network',
    sent: false,
    reason: expect.stringContaining('ECONNREFUSED'),
  });
  expect(clock.waiting).toBe(0);
});

it('connects once somebody listens', async () => {
  verifies('GW-10');
  const [port = 0] = await freePorts(1);
  await using dialled = dial(port);
  const { clock, seen } = dialled;
  await until(() => clock.waiting === 1);
  clock.advance(DELAY_MS);
  await until(() => clock.waiting === 1);
  const server = createServer((socket) => {
    socket.on('data', () => {
      const body = '{"jsonrpc":"2.0","id":1,"result":{}}';
      const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close';
      socket.end(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  clock.advance(DELAY_MS);
  await seen.answer(1);
  server.close();
});

it('leaves a connection that breaks as it is', async () => {
  verifies('GW-10');
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.resetAndDestroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await using dialled = dial(typeof address === 'object' && address !== null ? address.port : 0);
  expect(await dialled.seen.failure(1)).toMatchObject({ kind: 'network' });
  expect(dialled.clock.waiting).toBe(0);
  expect(connections).toBe(1);
  server.close();
});
