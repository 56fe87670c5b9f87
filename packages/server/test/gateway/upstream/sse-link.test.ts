import { describe, expect, it } from 'vitest';
import {
  messageEvent,
  okResult,
  startEvents,
  startHttpServer,
  type Respond,
} from '../../../../../test/programs/upstreams/http-server.ts';
import { startSdkV1 } from '../../../../../test/programs/upstreams/sdk-v1.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { createDispatcher } from '../../../src/gateway/upstream/dispatcher.ts';
import { createSseLink } from '../../../src/gateway/upstream/sse-link.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { httpTarget, LEGACY } from './http-fixture.ts';
import { LinkRecorder, request, until } from './link-recorder.ts';

function openSse(url: URL) {
  const dispatcher = createDispatcher(url.origin);
  const seen = new LinkRecorder();
  const target = httpTarget(url, { transport: 'sse', headers: { authorization: 'Bearer x' } });
  const link = createSseLink(target, dispatcher, seen, {
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

/** A server whose POSTs are answered on the stream, unless `post` does it. */
async function startSse(endpoint: string, post?: Respond) {
  let write: ((text: string) => void) | undefined;
  const server = await startHttpServer((seen, response) => {
    if (seen.method === 'GET') {
      startEvents(response, `event: endpoint\ndata: ${endpoint}\n\n`);
      write = (text) => void response.write(text);
    } else if (post === undefined) {
      response.writeHead(202).end();
      if (seen.id !== 'null') write?.(messageEvent(okResult(seen.id)));
    } else post(seen, response);
  });
  return {
    ...server,
    send: (text: string) => write?.(text),
    [Symbol.asyncDispose]: server[Symbol.asyncDispose],
  };
}

it('speaks to the official SDK’s server', async () => {
  verifies('GW-03');
  await using server = await startSdkV1();
  await using opened = openSse(server.sseUrl);
  const { link, seen } = opened;
  const params = {
    protocolVersion: '2024-11-05',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  };
  const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }));
  link.request(request(1, 'initialize', { bytes }));
  await seen.answer(1);
  link.agree({ ...LEGACY, protocolVersion: '2024-11-05' });
  link.send(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'));
  const call =
    '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"greet","_meta":{"progressToken":1}}}';
  link.request(request(2, 'tools/call', { bytes: Buffer.from(call) }));
  expect((await seen.answer(2)).text).toContain('hello');
  expect(seen.messages.map(({ origin }) => origin)).toEqual([undefined, undefined, undefined]);
  await link.close();
  await until(() => server.sessions() === 0);
  expect(seen.ends).toMatchObject([{ kind: 'closed' }]);
});

it('posts to the endpoint that the server names, and not before', async () => {
  await using server = await startSse('messages?session=1');
  await using opened = openSse(server.url);
  opened.link.request(request(1));
  opened.link.request(request(2));
  opened.link.abort(2);
  await opened.seen.answer(1);
  const posts = server.received.filter(({ method }) => method === 'POST');
  expect(posts.map(({ path, id, headers }) => [path, id, headers.authorization])).toEqual([
    ['/messages?session=1', '1', 'Bearer x'],
  ]);
});

it.each(['http://169.254.169.254/latest', 'http://localhost:1/messages', '//127.0.0.1:1/x', 'http://['])(
  'does not post to %s',
  async (endpoint) => {
    verifies('SEC-13');
    await using server = await startSse(endpoint);
    await using opened = openSse(server.url);
    opened.link.request(request(1));
    expect(await opened.seen.failure(1)).toMatchObject({
      kind: 'garbage',
      reason: expect.stringContaining('another origin'),
    });
    expect(await opened.seen.end()).toMatchObject({ kind: 'lost' });
    expect(server.received).toHaveLength(1);
  },
);

it('ignores a second endpoint, other events and noise', async () => {
  await using server = await startSse('/messages');
  await using opened = openSse(server.url);
  opened.link.request(request(1));
  await opened.seen.answer(1);
  server.send('event: endpoint\ndata: /other\n\nevent: ping\ndata: 1\n\ndata: noise\n\n');
  await until(() => opened.seen.strays.length === 1);
  opened.link.request(request(2));
  await opened.seen.answer(2);
  expect(server.received.at(-1)?.path).toBe('/messages');
  expect(opened.seen.strays).toEqual(['noise']);
});

describe('the stream is the connection', () => {
  it('its end is the end of the link', async () => {
    verifies('GW-08');
    await using server = await startSse('/messages', (_, response) => {
      response.writeHead(202).end(() => void server[Symbol.asyncDispose]());
    });
    await using opened = openSse(server.url);
    opened.link.request(request(1));
    expect(await opened.seen.end()).toMatchObject({ kind: 'lost' });
    expect(opened.seen.failures.size).toBe(0);
  });

  it('a break before the endpoint is known leaves requests unsent', async () => {
    await using server = await startHttpServer((_, response) => void response.socket?.destroy());
    await using opened = openSse(server.url);
    opened.link.request(request(1));
    expect(await opened.seen.failure(1)).toMatchObject({ kind: 'network', sent: false });
    expect(await opened.seen.end()).toMatchObject({ kind: 'lost' });
  });

  it('a server without one refuses with its status', async () => {
    await using server = await startHttpServer((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('who are you?');
    });
    await using opened = openSse(server.url);
    opened.link.request(request(1));
    expect(await opened.seen.failure(1)).toMatchObject({
      kind: 'http',
      status: 401,
      wwwAuthenticate: 'Bearer',
    });
    expect(await opened.seen.end()).toEqual({
      kind: 'auth_required',
      reason: 'HTTP 401: who are you?',
      wwwAuthenticate: 'Bearer',
    });
  });
});

it('a refused post fails its request only', async () => {
  await using server = await startSse('/messages', (seen, response) => {
    if (seen.id === '13') response.writeHead(400).end('no');
    else response.writeHead(202).end();
    server.send(messageEvent(okResult('1')));
  });
  await using opened = openSse(server.url);
  opened.link.request(request(13));
  expect(await opened.seen.failure(13)).toMatchObject({ kind: 'http', status: 400 });
  opened.link.request(request(1));
  await opened.seen.answer(1);
  expect(opened.seen.ends).toEqual([]);
});
