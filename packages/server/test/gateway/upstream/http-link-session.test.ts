// Legacy sessions over HTTP: how they end, and the streams that belong to them.

import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  answerJson,
  answerOk,
  messageEvent,
  okResult,
  startEvents,
  startHttpServer,
  type Received,
  type Respond,
} from '../../../../../test/programs/upstreams/http-server.ts';
import { MAX_RESUMES } from '../../../src/gateway/upstream/http-call.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import { initialize, openLink } from './http-fixture.ts';
import { fastClock, request, until } from './link-recorder.ts';

const CHANGED = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';

async function startSessionServer(respond: Respond) {
  return await startHttpServer((seen, response) => {
    if (seen.rpc === 'initialize') {
      response.setHeader('mcp-session-id', 's-1');
      answerOk(seen, response);
    } else if (seen.method === 'DELETE') response.writeHead(200).end();
    else respond(seen, response);
  });
}

describe('a lost session', () => {
  it.each<readonly [string, Respond]>([
    ['404', (_, response) => void response.writeHead(404).end()],
    [
      '404 with an error that names the request',
      ({ id }, response) =>
        answerJson(
          response,
          `{"jsonrpc":"2.0","id":${id},"error":{"code":-32001,"message":"Session not found"}}`,
          404,
        ),
    ],
    [
      '400 of the TypeScript SDK',
      (_, response) =>
        answerJson(
          response,
          '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: Server not initialized"}}',
          400,
        ),
    ],
    [
      '400 of the Python SDK',
      (_, response) => void response.writeHead(400).end('Bad Request: No valid session ID provided'),
    ],
  ])('by %s fails the request and ends the link', async (_, refuse) => {
    await using server = await startSessionServer(refuse);
    await using fixture = openLink(server.url);
    await initialize(fixture);
    fixture.link.request(request(1));
    expect(await fixture.seen.failure(1)).toMatchObject({ kind: 'session_lost' });
    expect(await fixture.seen.end()).toMatchObject({ kind: 'lost' });
    expect(fixture.seen.order).toEqual(['message', 'failed', 'closed']);
    await fixture.link.close();
    expect(server.received.some(({ method }) => method === 'DELETE')).toBe(false);
  });

  it('ends the other requests without a failure of their own', async () => {
    await using server = await startSessionServer((seen, response) => {
      if (seen.id === '2') response.writeHead(404).end();
    });
    await using fixture = openLink(server.url);
    await initialize(fixture);
    fixture.link.request(request(1));
    await until(() => server.received.length === 2);
    fixture.link.request(request(2));
    await fixture.seen.end();
    expect([...fixture.seen.failures.keys()]).toEqual([2]);
    await until(() => server.connections() === 0);
  });

  it('is noticed by a notification too', async () => {
    await using server = await startSessionServer((_, response) => void response.writeHead(404).end());
    await using fixture = openLink(server.url);
    await initialize(fixture);
    fixture.link.send(Buffer.from('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}'));
    expect(await fixture.seen.end()).toMatchObject({ kind: 'lost' });
  });

  it('is not what a 400 to the request itself means', async () => {
    const body = '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no such session in the file"}}';
    await using server = await startSessionServer((_, response) => answerJson(response, body, 400));
    await using fixture = openLink(server.url);
    await initialize(fixture);
    fixture.link.request(request(1));
    expect(await fixture.seen.answer(1)).toMatchObject({ text: body });
    expect(fixture.seen.ends).toEqual([]);
  });
});

it('does not wait for a server that does not let go of its session', async () => {
  await using server = await startHttpServer((seen, response) => {
    response.setHeader('mcp-session-id', 's-1');
    if (seen.rpc === 'initialize') answerOk(seen, response);
  });
  await using fixture = openLink(server.url, { clock: fastClock });
  await initialize(fixture);
  await fixture.link.close();
  await until(() => server.connections() === 0);
});

describe('a stream that ends before its answer', () => {
  it('is resumed after the time that the server asked for, behind the last event', async () => {
    const times: number[] = [];
    await using server = await startSessionServer((seen, response) => {
      if (seen.method === 'POST') {
        startEvents(response, 'id: e-1\nretry: 800\ndata:\n\n', messageEvent(CHANGED, 'e-2'));
        response.end(() => times.push(performance.now()));
      } else {
        times.push(performance.now());
        startEvents(response, messageEvent(okResult('5'), 'e-3'));
        response.end();
      }
    });
    await using fixture = openLink(server.url);
    await initialize(fixture);
    fixture.link.request(request(5));
    expect(await fixture.seen.answer(5)).toMatchObject({ origin: 5 });
    expect(server.received.at(-1)).toMatchObject({
      method: 'GET',
      headers: {
        accept: 'text/event-stream',
        'last-event-id': 'e-2',
        'mcp-session-id': 's-1',
        'mcp-protocol-version': '2025-11-25',
      },
    });
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(790);
  });

  it('is resumed as often as there is news, and after a broken connection', async () => {
    let polls = 0;
    const polled = (response: ServerResponse): void => {
      polls++;
      startEvents(response, `id: p-${polls}\nretry: 1\ndata:\n\n`);
      if (polls > 2 * MAX_RESUMES) response.end(messageEvent(okResult('5')));
      else if (polls % 2 === 0) response.end();
      else response.write(':\n\n', () => response.socket?.destroy());
    };
    await using server = await startSessionServer((_, response) => polled(response));
    await using fixture = openLink(server.url, { clock: fastClock });
    await initialize(fixture);
    fixture.link.request(request(5));
    await fixture.seen.answer(5);
    expect(polls).toBe(2 * MAX_RESUMES + 1);
  });

  it('is given up when nothing comes of it', async () => {
    await using server = await startSessionServer((seen, response) => {
      startEvents(response, seen.method === 'POST' ? 'id: e-1\ndata:\n\n' : ': nothing\n\n');
      response.end();
    });
    await using fixture = openLink(server.url, { clock: fastClock });
    await initialize(fixture);
    fixture.link.request(request(5));
    expect(await fixture.seen.failure(5)).toMatchObject({ kind: 'network', sent: true });
    expect(server.received.filter(({ method }) => method === 'GET')).toHaveLength(MAX_RESUMES);
  });

  it('is given up when the server refuses', async () => {
    await using server = await startSessionServer((seen, response) => {
      if (seen.method === 'POST') startEvents(response, 'id: e-1\ndata:\n\n');
      else response.writeHead(405).end();
      response.end();
    });
    await using fixture = openLink(server.url, { clock: fastClock });
    await initialize(fixture);
    fixture.link.request(request(5));
    expect(await fixture.seen.failure(5)).toMatchObject({
      kind: 'network',
      sent: true,
      reason: expect.stringContaining('405'),
    });
  });

  it('is not resumed after an abort', async () => {
    await using server = await startSessionServer((_, response) => {
      startEvents(response, 'id: e-1\nretry: 500\ndata:\n\n');
      response.end();
    });
    const waits: number[] = [];
    const clock: Clock = {
      nowMs: () => 0,
      after(delayMs) {
        waits.push(delayMs);
        return { [Symbol.dispose]: () => void waits.splice(waits.indexOf(delayMs), 1) };
      },
    };
    await using fixture = openLink(server.url, { clock });
    await initialize(fixture);
    fixture.link.request(request(5));
    await until(() => waits.includes(500));
    fixture.link.abort(5);
    expect(waits).toEqual([]);
    expect(fixture.seen.failures.size).toBe(0);
  });
});

describe('the standing stream', () => {
  const isGet = ({ method }: Received): boolean => method === 'GET';

  it('brings messages of no request, and comes back behind the last event', async () => {
    let opened = 0;
    await using server = await startSessionServer((_, response) => {
      opened++;
      startEvents(response, messageEvent(CHANGED, `g-${opened}`), 'data: noise\n\n');
      if (opened === 1) response.end();
    });
    await using fixture = openLink(server.url, { clock: fastClock });
    await initialize(fixture);
    fixture.link.listen();
    fixture.link.listen();
    await until(() => fixture.seen.messages.length === 3 && fixture.seen.strays.length === 2);
    expect(fixture.seen.messages.slice(1).map(({ text, origin }) => [text, origin])).toEqual([
      [CHANGED, undefined],
      [CHANGED, undefined],
    ]);
    expect(fixture.seen.strays).toEqual(['noise', 'noise']);
    const gets = server.received.filter(isGet);
    expect(gets.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'g-1']);
    await fixture.link.close();
    await until(() => server.connections() === 0);
  });

  it('may bring the answer to a request', async () => {
    let stream: ServerResponse | undefined;
    let waiting: Received | undefined;
    await using server = await startSessionServer((seen, response) => {
      if (!isGet(seen)) {
        waiting = seen;
        startEvents(response, 'id: e-1\nretry: 600000\ndata:\n\n');
        response.end();
        return;
      }
      stream = response;
      startEvents(response, ': here\n\n');
    });
    await using fixture = openLink(server.url);
    await initialize(fixture);
    fixture.link.listen();
    await until(() => stream !== undefined);
    fixture.link.request(request(5));
    await until(() => waiting !== undefined);
    stream?.write(messageEvent(okResult('5')));
    expect(await fixture.seen.answer(5)).toMatchObject({ origin: undefined });
  });

  it.each([405, 404, 400, 401, 200])('is not asked for again after %i', async (status) => {
    await using server = await startSessionServer((seen, response) => {
      if (isGet(seen)) response.writeHead(status, { 'content-type': 'text/plain' }).end('no');
      else answerOk(seen, response);
    });
    await using fixture = openLink(server.url, { clock: fastClock });
    await initialize(fixture);
    fixture.link.listen();
    await until(() => server.received.some(isGet));
    for (const id of [1, 2, 3]) {
      fixture.link.request(request(id));
      await fixture.seen.answer(id);
    }
    expect(server.received.filter(isGet)).toHaveLength(1);
    expect(fixture.seen.ends).toEqual([]);
    expect(fixture.seen.strays).toHaveLength(status === 405 ? 0 : 1);
  });

  it('tells of a lost session when it is refused after it was there', async () => {
    let opened = 0;
    await using server = await startSessionServer((_, response) => {
      opened++;
      if (opened > 1) response.writeHead(404);
      else startEvents(response, ': hello\n\n');
      response.end();
    });
    await using fixture = openLink(server.url, { clock: fastClock });
    await initialize(fixture);
    fixture.link.listen();
    expect(await fixture.seen.end()).toMatchObject({ kind: 'lost' });
  });

  it('goes on after an event that is too large', async () => {
    await using server = await startSessionServer((_, response) => {
      startEvents(response, `data: ${'x'.repeat(5_000)}\n\n`, messageEvent(CHANGED));
    });
    await using fixture = openLink(server.url, { maxMessageBytes: 1_000 });
    await initialize(fixture);
    fixture.link.listen();
    await until(() => fixture.seen.messages.length === 2);
    expect(fixture.seen.strays[0]).toContain('1000 bytes');
  });
});
