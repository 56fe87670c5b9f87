import { describe, expect, it } from 'vitest';
import {
  answerJson,
  answerOk,
  messageEvent,
  okResult,
  startEvents,
  startHttpServer,
} from '../../../../../test/programs/upstreams/http-server.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { initialize, LEGACY, MODERN, openLink } from './http-fixture.ts';
import { request, until } from './link-recorder.ts';

const PROGRESS =
  '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}';

describe('answers', () => {
  it('takes one JSON message, byte for byte', async () => {
    const text = '{ "jsonrpc":"2.0", "id":1, "result":{"n":12345678901234567890, "x":1e400, "é":"\\u0041"} }';
    await using server = await startHttpServer((_, response) => answerJson(response, text));
    await using fixture = openLink(server.url);
    fixture.link.request(request(1));
    expect(await fixture.seen.answer(1)).toMatchObject({ text, origin: 1 });
    expect(server.received[0]).toMatchObject({
      method: 'POST',
      path: '/mcp',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: request(1).bytes.toString(),
    });
  });

  it('takes an event stream, and knows what came on it', async () => {
    await using server = await startHttpServer(({ id }, response) => {
      startEvents(response, messageEvent(PROGRESS), messageEvent(okResult(id)));
      response.end();
    });
    await using fixture = openLink(server.url);
    fixture.link.request(request(7));
    await fixture.seen.answer(7);
    expect(fixture.seen.messages.map(({ text, origin }) => [text, origin])).toEqual([
      [PROGRESS, 7],
      [okResult('7'), 7],
    ]);
  });

  it('reads an event stream however it is cut and dressed', async () => {
    const dressed = Buffer.from(
      `\ufeff: hello\r\n\r\n\r\nid: 0\r\ndata: \r\n\r\nevent: ping\r\ndata: x\r\n\r\n:\r\ndata:{"jsonrpc":"2.0","id":1,\r\ndata:  "result":{"s":"é€𝄞"}}\r\n\r\n`,
    );
    await using server = await startHttpServer((_, response) => {
      startEvents(response);
      response.socket?.setNoDelay(true);
      let sent = 0;
      const next = (): void => {
        if (sent === dressed.length) return void response.end();
        response.write(dressed.subarray(sent, ++sent), next);
      };
      next();
    });
    await using fixture = openLink(server.url);
    fixture.link.request(request(1));
    const { text } = await fixture.seen.answer(1);
    expect(JSON.parse(text)).toEqual({ jsonrpc: '2.0', id: 1, result: { s: 'é€𝄞' } });
    expect(fixture.seen.order).toEqual(['message']);
  });

  it('reads a body however it is cut', async () => {
    const text = `{"jsonrpc":"2.0","id":1,"result":{"s":"${'é€𝄞'.repeat(100)}"}}`;
    await using server = await startHttpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
      for (const byte of Buffer.from(text)) response.write(Buffer.of(byte));
      response.end();
    });
    await using fixture = openLink(server.url);
    fixture.link.request(request(1));
    expect(await fixture.seen.answer(1)).toMatchObject({ text });
  });

  it('waits for the answer behind early hints', async () => {
    await using server = await startHttpServer((seen, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => answerOk(seen, response));
    });
    await using fixture = openLink(server.url);
    fixture.link.request(request(1));
    await fixture.seen.answer(1);
  });

  it('takes a batch of a legacy server', async () => {
    await using server = await startHttpServer(({ id }, response) =>
      answerJson(response, `[${PROGRESS}, ${okResult(id)}]`),
    );
    await using fixture = openLink(server.url);
    fixture.link.request(request(3));
    await fixture.seen.answer(3);
    expect(fixture.seen.messages.map(({ text }) => text)).toEqual([PROGRESS, okResult('3')]);
  });

  it('keeps its connection after an answer as events', async () => {
    await using server = await startHttpServer(({ id }, response) => {
      startEvents(response, messageEvent(okResult(id)));
      response.end();
    });
    await using fixture = openLink(server.url);
    for (const id of [1, 2, 3, 4, 5]) {
      fixture.link.request(request(id));
      await fixture.seen.answer(id);
      await until(() => server.connections() === 1);
    }
  });

  it('cuts a stream that stays open after the answer', async () => {
    await using server = await startHttpServer(({ id }, response) =>
      startEvents(response, messageEvent(okResult(id))),
    );
    await using fixture = openLink(server.url);
    fixture.link.request(request(1));
    await fixture.seen.answer(1);
    expect(server.connections()).toBe(1);
    await until(() => server.connections() === 0);
    expect(fixture.seen.order).toEqual(['message']);
  });
});

describe('headers', () => {
  it('sends the declared ones everywhere, but not in place of the protocol’s own', async () => {
    await using server = await startHttpServer(answerOk);
    await using fixture = openLink(server.url, {
      headers: {
        Authorization: 'Bearer s3cret',
        Accept: 'nonsense',
        'Mcp-Session-Id': 'mine',
        'X-Team': 'a',
      },
    });
    fixture.link.request(request(1));
    await fixture.seen.answer(1);
    expect(server.received[0]?.headers).toMatchObject({
      authorization: 'Bearer s3cret',
      accept: 'application/json, text/event-stream',
      'x-team': 'a',
    });
    expect(server.received[0]?.headers).not.toHaveProperty('mcp-session-id');
  });

  it('modern: names the version, the method, the name and the parameters', async () => {
    verifies('GW-03');
    await using server = await startHttpServer(answerOk);
    await using fixture = openLink(server.url);
    fixture.link.agree(MODERN);
    fixture.link.request(request(1, 'tools/call', { name: 'get_weather', paramHeaders: { Region: 'eu' } }));
    fixture.link.request(request(2, 'tools/call', { name: 'wetter für dich ' }));
    fixture.link.request(request(3, 'tools/call', { name: '=?base64?eA==?=' }));
    fixture.link.request(request(4, 'tools/list'));
    for (const id of [1, 2, 3, 4]) await fixture.seen.answer(id);
    const headersOf = (id: string) => server.received.find((seen) => seen.id === id)?.headers ?? {};
    expect(headersOf('1')).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'get_weather',
      'mcp-param-region': 'eu',
    });
    const encoded = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;
    expect(headersOf('2')['mcp-name']).toBe(encoded('wetter für dich '));
    expect(headersOf('3')['mcp-name']).toBe(encoded('=?base64?eA==?='));
    expect(headersOf('4')).toMatchObject({ 'mcp-method': 'tools/list' });
    expect(headersOf('4')).not.toHaveProperty('mcp-name');
  });

  it('legacy: the version after the agreement, the session from initialize on', async () => {
    verifies('GW-03');
    await using server = await startHttpServer((seen, response) => {
      if (seen.rpc === 'initialize') response.setHeader('mcp-session-id', 's-1');
      answerOk(seen, response);
    });
    await using fixture = openLink(server.url);
    fixture.link.agree(LEGACY);
    await initialize(fixture);
    fixture.link.request(request(1));
    await fixture.seen.answer(1);
    const [first, second] = server.received;
    expect(first?.headers).not.toHaveProperty('mcp-protocol-version');
    expect(first?.headers).not.toHaveProperty('mcp-session-id');
    expect(second?.headers).toMatchObject({ 'mcp-protocol-version': '2025-11-25', 'mcp-session-id': 's-1' });
    expect(second?.headers).not.toHaveProperty('mcp-method');
    await fixture.link.close();
    expect(server.received.at(-1)).toMatchObject({ method: 'DELETE', headers: { 'mcp-session-id': 's-1' } });
    expect(await fixture.seen.end()).toMatchObject({ kind: 'closed' });
  });
});

describe('messages without an answer', () => {
  const CANCELLED = Buffer.from(
    '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}',
  );

  it('posts them and takes 202', async () => {
    await using server = await startHttpServer((_, response) => response.writeHead(202).end());
    await using fixture = openLink(server.url);
    fixture.link.send(CANCELLED);
    await until(() => server.received.length === 1);
    expect(server.received[0]?.body).toBe(CANCELLED.toString());
  });

  it('notes a refusal in the log and goes on', async () => {
    await using server = await startHttpServer((seen, response) => {
      if (seen.rpc === 'notifications/cancelled') response.writeHead(418).end('teapot');
      else answerOk(seen, response);
    });
    await using fixture = openLink(server.url);
    fixture.link.send(CANCELLED);
    await until(() => fixture.seen.strays.length === 1);
    expect(fixture.seen.strays[0]).toContain('418');
    fixture.link.request(request(1));
    await fixture.seen.answer(1);
  });

  it('lets no request overtake notifications/initialized', async () => {
    let take: (() => void) | undefined;
    await using server = await startHttpServer((seen, response) => {
      if (seen.rpc !== 'notifications/initialized') return answerOk(seen, response);
      take = () => void response.writeHead(202).end();
    });
    await using fixture = openLink(server.url);
    await initialize(fixture);
    fixture.link.send(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'));
    fixture.link.request(request(1, 'tools/list'));
    fixture.link.request(request(2, 'tools/list'));
    fixture.link.abort(2);
    await until(() => take !== undefined);
    fixture.link.send(CANCELLED);
    await until(() => server.received.some(({ rpc }) => rpc === 'notifications/cancelled'));
    expect(server.received.some(({ rpc }) => rpc === 'tools/list')).toBe(false);
    take?.();
    await fixture.seen.answer(1);
    expect(server.received.filter(({ rpc }) => rpc === 'tools/list')).toHaveLength(1);
  });
});

describe('redirects', () => {
  it('are followed within the origin, three at most', async () => {
    await using server = await startHttpServer((seen, response) => {
      const hops = Number(seen.path.slice('/hop'.length));
      if (seen.path === '/mcp') response.writeHead(308, { location: '/hop1' }).end();
      else if (hops < 3) response.writeHead(307, { location: `hop${hops + 1}` }).end('go on');
      else answerOk(seen, response);
    });
    await using fixture = openLink(server.url, { headers: { authorization: 'Bearer x' } });
    fixture.link.request(request(1));
    await fixture.seen.answer(1);
    expect(server.received.map(({ path }) => path)).toEqual(['/mcp', '/hop1', '/hop2', '/hop3']);
    expect(server.received.at(-1)).toMatchObject({
      body: request(1).bytes.toString(),
      headers: { authorization: 'Bearer x' },
    });
  });

  it('are not followed for ever', async () => {
    await using server = await startHttpServer((_, response) =>
      response.writeHead(307, { location: '/mcp' }).end(),
    );
    await using fixture = openLink(server.url);
    fixture.link.request(request(1));
    expect(await fixture.seen.failure(1)).toMatchObject({
      kind: 'garbage',
      reason: expect.stringContaining('redirects'),
    });
    expect(server.received).toHaveLength(4);
  });

  it.each(['http://169.254.169.254/latest/meta-data', 'https://127.0.0.1/', '//localhost:1/', 'http://['])(
    'are not followed to %s',
    async (location) => {
      verifies('SEC-13');
      await using server = await startHttpServer((_, response) =>
        response.writeHead(307, { location }).end(),
      );
      await using fixture = openLink(server.url, { headers: { authorization: 'Bearer s3cret' } });
      fixture.link.request(request(1));
      const failure = await fixture.seen.failure(1);
      expect(failure).toMatchObject({ kind: 'garbage', reason: expect.stringContaining('not followed') });
      expect(server.received).toHaveLength(1);
    },
  );
});

describe('a wrapped process', () => {
  it('ends the link when it ends, and is closed with it', async () => {
    await using server = await startHttpServer(() => {});
    const exit = Promise.withResolvers<{ reason: string }>();
    let closed = 0;
    await using fixture = openLink(server.url, {
      process: {
        ended: exit.promise,
        close: async () => {
          closed++;
        },
      },
    });
    fixture.link.request(request(1));
    await until(() => server.received.length === 1);
    exit.resolve({ reason: 'exit code 3' });
    expect(await fixture.seen.end()).toEqual({ kind: 'exited', reason: 'exit code 3' });
    expect(fixture.seen.failures.size).toBe(0);
    fixture.link.request(request(2));
    expect(await fixture.seen.failure(2)).toMatchObject({ kind: 'network', sent: false });
    await Promise.all([fixture.link.close(), fixture.link.close()]);
    expect(closed).toBe(1);
    await until(() => server.connections() === 0);
  });
});
