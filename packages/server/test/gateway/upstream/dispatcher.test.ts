import type { LookupFunction } from 'node:net';
import { expect, it } from 'vitest';
import { answerOk, startHttpServer } from '../../../../../test/programs/upstreams/http-server.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { createDispatcher, type DispatcherOptions } from '../../../src/gateway/upstream/dispatcher.ts';
import { createHttpLink } from '../../../src/gateway/upstream/http-link.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { httpTarget } from './http-fixture.ts';
import { LinkRecorder, request } from './link-recorder.ts';

function dial(url: URL, options: DispatcherOptions) {
  const dispatcher = createDispatcher(url.origin, options);
  const seen = new LinkRecorder();
  const link = createHttpLink(httpTarget(url), dispatcher, seen, {
    clock: systemClock,
    random: () => 0.5,
    maxMessageBytes: 1 << 20,
  });
  return {
    link,
    seen,
    async [Symbol.asyncDispose]() {
      await link.close();
      await dispatcher.destroy();
    },
  };
}

/** Gives the answers in turn; the last one again and again. */
function resolver(...answers: string[][]): LookupFunction {
  let asked = 0;
  return (_hostname, options, callback) => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
    const addresses = answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (options.all === true) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4);
  };
}

function named(url: URL, host: string): URL {
  return new URL(url.href.replace('127.0.0.1', host));
}

it('checks the very address that it connects to, every time: a rebound name gains nothing', async () => {
  verifies('SEC-13');
  await using server = await startHttpServer((seen, response) => {
    response.setHeader('connection', 'close');
    answerOk(seen, response);
  });
  const lookup = resolver(['127.0.0.1'], ['169.254.169.254']);
  await using dialled = dial(named(server.url, 'rebound.example'), { lookup });
  const { link, seen } = dialled;
  link.request(request(1));
  await seen.answer(1);
  link.request(request(2));
  expect(await seen.failure(2)).toMatchObject({
    kind: 'network',
    sent: false,
    reason: expect.stringContaining('169.254.169.254 (metadata)'),
  });
});

it('does not connect to a private address for a strict policy, whatever the name was before', async () => {
  verifies('SEC-13');
  await using server = await startHttpServer(answerOk);
  await using dialled = dial(named(server.url, 'evil.example'), {
    policyOf: () => 'strict',
    lookup: resolver(['127.0.0.1']),
  });
  dialled.link.request(request(1));
  expect(await dialled.seen.failure(1)).toMatchObject({
    sent: false,
    reason: expect.stringContaining('loopback'),
  });
  expect(server.received).toEqual([]);
  expect(server.connections()).toBe(0);
});

it('lets a strict policy reach the declared host and nothing else', async () => {
  verifies('SEC-13');
  await using server = await startHttpServer(answerOk);
  const options: DispatcherOptions = {
    policyOf: (host) => (host === 'own.example' ? 'declared' : 'strict'),
    lookup: resolver(['127.0.0.1']),
  };
  await using own = dial(named(server.url, 'own.example'), options);
  await using other = dial(named(server.url, 'other.example'), options);
  own.link.request(request(1));
  await own.seen.answer(1);
  other.link.request(request(1));
  expect(await other.seen.failure(1)).toMatchObject({ kind: 'network', sent: false });
});

it('uses the allowed ones of several addresses', async () => {
  verifies('SEC-13');
  await using server = await startHttpServer(answerOk);
  await using dialled = dial(named(server.url, 'mixed.example'), {
    lookup: resolver(['169.254.169.254', 'fe80::1', '127.0.0.1']),
  });
  dialled.link.request(request(1));
  await dialled.seen.answer(1);
});

it.each([
  'http://169.254.169.254/mcp',
  'http://[fe80::1]/mcp',
  'http://0.0.0.0:9/mcp',
  'http://[::ffff:a9fe:a9fe]/mcp',
])('refuses the literal address in %s, which no resolver sees', async (url) => {
  verifies('SEC-13');
  await using dialled = dial(new URL(url), {});
  dialled.link.request(request(1));
  expect(await dialled.seen.failure(1)).toMatchObject({
    kind: 'network',
    sent: false,
    reason: expect.stringContaining('not allowed'),
  });
});

it('says why a name does not resolve', async () => {
  await using dialled = dial(new URL('http://nowhere.invalid/mcp'), {
    lookup: (_hostname, _options, callback) =>
      callback(
        Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.invalid'), { code: 'ENOTFOUND' }),
        '',
        0,
      ),
  });
  dialled.link.request(request(1));
  expect(await dialled.seen.failure(1)).toMatchObject({
    sent: false,
    reason: expect.stringContaining('ENOTFOUND'),
  });
});
