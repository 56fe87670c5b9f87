// What a bad server can do over HTTP, and that it harms nobody else.

import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  answerJson,
  answerOk,
  messageEvent,
  okResult,
  startEvents,
  startHttpServer,
  type Respond,
} from '../../../../../test/programs/upstreams/http-server.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { MAX_FAILURE_BODY_BYTES } from '../../../src/gateway/upstream/http-context.ts';
import { MODERN, openLink } from './http-fixture.ts';
import { request, until } from './link-recorder.ts';

const MAX_MESSAGE_BYTES = 64 << 10;
const BAD = 13;

/** Request 13 is treated badly, all others well. */
async function startBadServer(misbehave: Respond) {
  return await startHttpServer((seen, response) =>
    seen.id === String(BAD) ? misbehave(seen, response) : answerOk(seen, response),
  );
}

const endless = (response: ServerResponse, chunk: string): void => {
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
};

const GARBAGE: readonly (readonly [string, Respond, string])[] = [
  [
    'a web page',
    (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    'text/html',
  ],
  ['no content type', (_, response) => void response.writeHead(200).end('{}'), 'no content type'],
  ['202 to a request', (_, response) => void response.writeHead(202).end(), '202'],
  ['no JSON', (_, response) => answerJson(response, '{"jsonrpc":"2.0",'), 'no message'],
  ['an empty body', (_, response) => answerJson(response, ''), 'no message'],
  ['JSON that is no message', (_, response) => answerJson(response, '{"ok":true}'), 'no message'],
  [
    'an answer to something else',
    (_, response) => answerJson(response, okResult('99')),
    'no answer to the request',
  ],
  [
    'a notification only',
    (_, response) => answerJson(response, '{"jsonrpc":"2.0","method":"notifications/x"}'),
    'no answer',
  ],
  [
    'an error that names no request',
    (_, response) =>
      answerJson(response, '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}}'),
    'what?',
  ],
  [
    'compressed bytes',
    (_, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(Buffer.from('1f8b0800', 'hex')),
    'no message',
  ],
  [
    'a body over the limit',
    (_, response) => answerJson(response, `"${'x'.repeat(MAX_MESSAGE_BYTES)}"`),
    'larger than',
  ],
  [
    'an endless body',
    (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      endless(response, ' '.repeat(16_384));
    },
    'larger than',
  ],
  ['garbage in an event', (_, response) => startEvents(response, 'data: hello\n\n'), 'no message'],
  [
    'an event over the limit',
    (_, response) => startEvents(response, `data: ${'x'.repeat(MAX_MESSAGE_BYTES + 1)}\n\n`),
    'larger than',
  ],
  [
    'an endless event',
    (_, response) => {
      startEvents(response);
      endless(response, `data: ${'x'.repeat(8_192)}\n`);
    },
    'larger than',
  ],
];

describe('garbage', () => {
  it.each(GARBAGE)('%s fails the request and nothing else', async (_, misbehave, why) => {
    verifies('GW-08');
    await using server = await startBadServer(misbehave);
    await using fixture = openLink(server.url, { maxMessageBytes: MAX_MESSAGE_BYTES });
    fixture.link.request(request(1));
    fixture.link.request(request(BAD));
    fixture.link.request(request(2));
    expect(await fixture.seen.failure(BAD)).toMatchObject({
      kind: 'garbage',
      reason: expect.stringContaining(why),
    });
    await fixture.seen.answer(1);
    await fixture.seen.answer(2);
    fixture.link.request(request(3));
    await fixture.seen.answer(3);
    expect(fixture.seen.ends).toEqual([]);
  });
});

describe('the connection', () => {
  it.each<readonly [string, Respond]>([
    ['before the answer', (_, response) => void response.socket?.destroy()],
    [
      'in the middle of a body',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{', () => response.socket?.destroy());
      },
    ],
    [
      'in the middle of an event',
      (_, response) => {
        startEvents(response);
        response.write('data: {"json', () => response.socket?.destroy());
      },
    ],
    [
      'after events that cannot be resumed',
      (_, response) => {
        startEvents(response, ': hello\n\n');
        response.end();
      },
    ],
  ])('breaks %s', async (_, misbehave) => {
    verifies('GW-08');
    await using server = await startBadServer(misbehave);
    await using fixture = openLink(server.url);
    fixture.link.request(request(BAD));
    expect(await fixture.seen.failure(BAD)).toMatchObject({ kind: 'network', sent: true });
    fixture.link.request(request(1));
    await fixture.seen.answer(1);
  });

  it('does not resume for the modern era', async () => {
    await using server = await startBadServer((_, response) => {
      startEvents(response, 'id: 1\nretry: 1\ndata:\n\n');
      response.end();
    });
    await using fixture = openLink(server.url);
    fixture.link.agree(MODERN);
    fixture.link.request(request(BAD));
    expect(await fixture.seen.failure(BAD)).toMatchObject({ kind: 'network', sent: true });
    expect(server.received.map(({ method }) => method)).toEqual(['POST']);
  });

  it('is refused: nothing was sent', async () => {
    const server = await startHttpServer(answerOk);
    const { url } = server;
    await server[Symbol.asyncDispose]();
    await using fixture = openLink(url);
    fixture.link.request(request(1));
    expect(await fixture.seen.failure(1)).toMatchObject({
      kind: 'network',
      sent: false,
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('says something that is not HTTP', async () => {
    const server = createServer((socket) => socket.end('220 smtp.example ESMTP\r\n'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    await using fixture = openLink(new URL(`http://127.0.0.1:${port}/mcp`));
    fixture.link.request(request(1));
    expect(await fixture.seen.failure(1)).toMatchObject({ kind: 'network' });
    server.close();
  });

  it('is accepted and never answered: others go on, an abort frees it', async () => {
    verifies('GW-08');
    const open = new Set<Socket>();
    await using server = await startBadServer((_, response) => {
      if (response.socket !== null) open.add(response.socket);
      response.socket?.on('close', () => open.clear());
    });
    await using fixture = openLink(server.url);
    fixture.link.request(request(BAD));
    await until(() => open.size === 1);
    for (const id of [1, 2, 3]) {
      fixture.link.request(request(id));
      await fixture.seen.answer(id);
    }
    fixture.link.abort(BAD);
    await until(() => open.size === 0);
    expect(fixture.seen.failures.size).toBe(0);
  });

  it('leaves nothing behind after 200 aborted requests', async () => {
    verifies('GW-08');
    await using server = await startHttpServer((seen, response) => {
      // Silent, half a body, events without an end.
      if (Number(seen.id) % 3 === 1)
        response.writeHead(200, { 'content-type': 'application/json' }).write('{');
      if (Number(seen.id) % 3 === 2)
        startEvents(response, messageEvent('{"jsonrpc":"2.0","method":"notifications/x"}'));
    });
    const handles = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    const before = handles();
    await using fixture = openLink(server.url);
    for (let id = 1; id <= 200; id++) fixture.link.request(request(id));
    await until(() => server.received.length === 200);
    for (let id = 1; id <= 200; id++) fixture.link.abort(id);
    await until(() => server.connections() === 0 && handles() <= before);
    expect(fixture.seen.failures.size).toBe(0);
  });

  it('forgets a request that is aborted before it has a connection', async () => {
    await using server = await startHttpServer(answerOk);
    await using fixture = openLink(server.url);
    fixture.link.request(request(1));
    fixture.link.abort(1);
    fixture.link.request(request(2));
    await fixture.seen.answer(2);
    expect(server.received.map(({ id }) => id)).toEqual(['2']);
    expect(fixture.seen.failures.size).toBe(0);
  });
});

describe('a status', () => {
  it('with the answer in its body is an answer', async () => {
    const body = '{"jsonrpc":"2.0","id":13,"error":{"code":-32601,"message":"Method not found"}}';
    await using server = await startBadServer((_, response) => answerJson(response, body, 404));
    await using fixture = openLink(server.url);
    fixture.link.agree(MODERN);
    fixture.link.request(request(BAD));
    expect(await fixture.seen.answer(BAD)).toMatchObject({ text: body, origin: BAD });
  });

  it('with an error for nobody is passed on with its body', async () => {
    const body =
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32022,"message":"Unsupported protocol version"}}';
    await using server = await startBadServer((_, response) => answerJson(response, body, 400));
    await using fixture = openLink(server.url);
    fixture.link.request(request(BAD));
    expect(await fixture.seen.failure(BAD)).toEqual({
      kind: 'http',
      status: 400,
      wwwAuthenticate: undefined,
      body: Buffer.from(body),
    });
  });

  it('401 is one whatever its body says', async () => {
    await using server = await startBadServer(({ id }, response) => {
      const body = `{"jsonrpc":"2.0","id":${id},"error":{"code":-32001,"message":"who are you?"}}`;
      response.writeHead(401, { 'content-type': 'application/json', 'www-authenticate': 'Bearer' }).end(body);
    });
    await using fixture = openLink(server.url);
    fixture.link.request(request(BAD));
    expect(await fixture.seen.failure(BAD)).toMatchObject({
      kind: 'http',
      status: 401,
      wwwAuthenticate: 'Bearer',
    });
  });

  it('401 brings the challenge as it was given', async () => {
    const challenge = 'Bearer resource_metadata="https://as.example/x", scope="a b"';
    await using server = await startBadServer((_, response) => {
      response.writeHead(401, { 'www-authenticate': challenge }).end('no');
    });
    await using fixture = openLink(server.url);
    fixture.link.request(request(BAD));
    expect(await fixture.seen.failure(BAD)).toMatchObject({
      kind: 'http',
      status: 401,
      wwwAuthenticate: challenge,
    });
    expect(fixture.seen.ends).toEqual([]);
  });

  it('401 is one with an answer in its body, too', async () => {
    verifies('GW-03');
    const body = `{"jsonrpc":"2.0","id":${BAD},"error":{"code":-32600,"message":"log in"}}`;
    await using server = await startBadServer((_, response) => {
      response.writeHead(401, { 'content-type': 'application/json', 'www-authenticate': 'Bearer' }).end(body);
    });
    await using fixture = openLink(server.url);
    fixture.link.request(request(BAD));
    expect(await fixture.seen.failure(BAD)).toEqual({
      kind: 'http',
      status: 401,
      wwwAuthenticate: 'Bearer',
      body: Buffer.from(body),
    });
  });

  it('with a body of any size is cut', async () => {
    await using server = await startBadServer((_, response) => {
      response.writeHead(503, { 'content-type': 'text/plain' });
      endless(response, 'x'.repeat(16_384));
    });
    await using fixture = openLink(server.url);
    fixture.link.request(request(BAD));
    const failure = await fixture.seen.failure(BAD);
    expect(failure).toMatchObject({ kind: 'http', status: 503 });
    if (failure.kind === 'http') expect(failure.body.length).toBe(MAX_FAILURE_BODY_BYTES);
    await until(() => server.connections() === 0);
  });

  it('404 without a session is a failure like others', async () => {
    await using server = await startBadServer(
      (_, response) => void response.writeHead(404).end('Cannot POST /mcp'),
    );
    await using fixture = openLink(server.url);
    fixture.link.request(request(BAD));
    expect(await fixture.seen.failure(BAD)).toMatchObject({ kind: 'http', status: 404 });
    expect(fixture.seen.ends).toEqual([]);
  });
});
