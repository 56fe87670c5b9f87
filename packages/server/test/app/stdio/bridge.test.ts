import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { MAX_UNREAD_BYTES } from '../../../src/app/stdio/outbox.ts';
import { answer, type Host, idOf, openBridge } from './bridge-harness.ts';

const request = (id: unknown, method: string, params = {}) => ({ jsonrpc: '2.0', id, method, params });
const INITIALIZE = request('hello', 'initialize', { protocolVersion: '2025-11-25', capabilities: {} });
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };
const LOST = { id: null, error: { code: -32001, message: 'Session not found: initialize again.' } };

/** A host with sessions s1, s2, …; `live` is the one that it knows. */
function sessions(act: Host) {
  const state = { made: 0, live: '', refuse: false };
  const host: Host = (posted, response, incoming) => {
    if (posted.body.includes('"initialize"')) {
      if (state.refuse)
        return answer(response, 503, { id: null, error: { code: -32003, message: 'There are too many.' } });
      state.live = `s${++state.made}`;
      return answer(response, 200, { id: idOf(posted), result: {} }, { 'mcp-session-id': state.live });
    }
    if (posted.headers['mcp-session-id'] !== state.live) return answer(response, 404, LOST);
    if (posted.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return response.flushHeaders();
    }
    if (posted.method === 'DELETE' || !posted.body.includes('"id"'))
      return void response.writeHead(202).end();
    act(posted, response, incoming);
  };
  return { state, host };
}

const echo: Host = (posted, response) =>
  answer(response, 200, { id: idOf(posted), result: { in: posted.headers['mcp-session-id'] ?? 'none' } });

describe('refusals', () => {
  test('are said to the request that they are about', async () => {
    verifies('GW-02', 'GW-07');
    await using bridge = await openBridge((_, response) =>
      answer(response, 503, { id: null, error: { code: -32600, message: 'There are 2 open responses.' } }),
    );
    bridge.send(request('"odd" id', 'tools/list'));
    expect(await bridge.line('the answer', () => true)).toEqual({
      jsonrpc: '2.0',
      id: '"odd" id',
      error: { code: -32600, message: 'There are 2 open responses.' },
    });
  });

  test('without a word of JSON-RPC become errors too, and nothing of them reaches the client', async () => {
    verifies('GW-02');
    await using bridge = await openBridge((_, response) => {
      response.writeHead(502, { 'content-type': 'text/html' });
      response.end('<h1>Bad gateway</h1>');
    });
    bridge.send(request(1, 'tools/list'));
    expect((await bridge.line('the answer', ({ id }) => id === 1))['error']).toMatchObject({
      message: expect.stringContaining('HTTP 502'),
    });
    expect(bridge.lines).toHaveLength(1);
  });

  test('of notifications are nobody’s', async () => {
    await using bridge = await openBridge((posted, response) =>
      posted.body.includes('"id"') ? echo(posted, response, undefined as never) : answer(response, 400, LOST),
    );
    bridge.send({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' });
    bridge.send(request(1, 'ping'));
    await bridge.line('the answer', ({ id }) => id === 1);
    expect(bridge.lines).toHaveLength(1);
  });

  test('a stream that ends without the answer', async () => {
    verifies('GW-02');
    await using bridge = await openBridge((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}\n\n');
    });
    bridge.send(request(1, 'tools/call'));
    expect((await bridge.line('the answer', ({ id }) => id === 1))['error']).toMatchObject({
      message: expect.stringContaining('without an answer'),
    });
  });

  test('an answer that is too large', async () => {
    verifies('GW-02');
    await using bridge = await openBridge((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: {"jsonrpc":"2.0","id":1,"result":{"x":"`);
      const block = Buffer.alloc(1 << 20, 'x');
      for (let i = 0; i < 65; i++) response.write(block);
      response.end('"}}\n\n');
    });
    bridge.send(request(1, 'tools/call'));
    expect((await bridge.line('the answer', ({ id }) => id === 1))['error']).toMatchObject({
      message: expect.stringContaining('larger than'),
    });
  });

  test('a request that the client cancelled gets no answer that is made up', async () => {
    verifies('GW-05');
    const held: Parameters<Host>[1][] = [];
    const { host } = sessions((posted, response) => {
      if (posted.body.includes('tools/call')) held.push(response);
      else echo(posted, response, undefined as never);
    });
    await using bridge = await openBridge(host);
    bridge.send(INITIALIZE);
    await bridge.line('the handshake', ({ id }) => id === 'hello');
    bridge.send(request(1, 'tools/call'));
    await eventually(() => held.length === 1);
    bridge.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await eventually(() => bridge.bodiesOf('notifications/cancelled').length === 1);
    held[0]?.writeHead(202).end();
    bridge.send(request(2, 'ping'));
    await bridge.line('the next answer', ({ id }) => id === 2);
    expect(bridge.lines.some((line) => line.includes('"id":1'))).toBe(false);
  });
});

describe('a session that the host has ended', () => {
  test('is made again, and what was refused is sent again', async () => {
    verifies('GW-02', 'SES-04');
    const { state, host } = sessions(echo);
    await using bridge = await openBridge(host);
    bridge.send(INITIALIZE);
    bridge.send(INITIALIZED);
    bridge.send(request(1, 'logging/setLevel', { level: 'error' }));
    bridge.send(request(2, 'resources/subscribe', { uri: 'a:1' }));
    bridge.send(request(3, 'resources/subscribe', { uri: 'a:2' }));
    bridge.send(request(4, 'resources/unsubscribe', { uri: 'a:1' }));
    await bridge.line('the last answer', ({ id }) => id === 4);

    state.live = 'none any more';
    bridge.send(request(5, 'tools/call', { name: 'x' }));
    bridge.send(request(6, 'tools/call', { name: 'y' }));
    expect((await bridge.line('an answer', ({ id }) => id === 5))['result']).toEqual({ in: 's2' });
    expect((await bridge.line('an answer', ({ id }) => id === 6))['result']).toEqual({ in: 's2' });
    expect(bridge.bodiesOf('initialize')).toHaveLength(2);
    expect(new Set(bridge.bodiesOf('initialize')).size).toBe(1);

    const inSecond = (method: string): string[] =>
      bridge.posted
        .filter(({ headers, body }) => headers['mcp-session-id'] === 's2' && body.includes(method))
        .map(({ body }) => body);
    expect(inSecond('notifications/initialized')).toHaveLength(1);
    expect(inSecond('logging/setLevel')).toEqual([expect.stringContaining('"error"')]);
    await bridge.line('news of the resource', ({ method }) => method === 'notifications/resources/updated');
    expect(inSecond('resources/subscribe')).toEqual([expect.stringContaining('a:2')]);
    for (const list of ['tools', 'prompts', 'resources'])
      await bridge.line(list, ({ method }) => method === `notifications/${list}/list_changed`);
    // The client sees each answer once, and of the second handshake nothing.
    for (const id of ['hello', 1, 2, 3, 4, 5, 6])
      expect(bridge.lines.filter((line) => JSON.parse(line).id === id)).toHaveLength(1);
  });

  test('can’t be made again: the request is answered, and the bridge ends', async () => {
    verifies('GW-02');
    const { state, host } = sessions(echo);
    await using bridge = await openBridge(host);
    bridge.send(INITIALIZE);
    await bridge.line('the handshake', ({ id }) => id === 'hello');
    Object.assign(state, { live: 'none any more', refuse: true });
    bridge.send(request(5, 'tools/call'));
    expect((await bridge.line('an answer', ({ id }) => id === 5))['error']).toMatchObject({
      message: expect.stringContaining('There are too many.'),
    });
    await expect(bridge.done).rejects.toThrow("start the client's server again");
  });

  test('leaves no question behind, and what is said to one is not said to another', async () => {
    verifies('GW-03');
    const ask = (id: number): string =>
      `data: {"jsonrpc":"2.0","id":${id},"method":"elicitation/create","params":{}}\n\n`;
    const { state, host } = sessions((posted, response) => {
      if (!posted.body.includes('tools/call')) return echo(posted, response, undefined as never);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(ask(1));
    });
    await using bridge = await openBridge(host);
    bridge.send(INITIALIZE);
    await bridge.line('the handshake', ({ id }) => id === 'hello');
    bridge.send(request('call', 'tools/call'));
    await bridge.line('the question', ({ method }) => method === 'elicitation/create');
    state.live = 'none any more';
    bridge.send(request('ping', 'ping'));
    await bridge.line('the answer', ({ id }) => id === 'ping');
    expect(
      (await bridge.line('the withdrawal', ({ method }) => method === 'notifications/cancelled'))['params'],
    ).toMatchObject({
      requestId: 1,
    });
    bridge.send({ jsonrpc: '2.0', id: 1, result: { action: 'accept' } });
    bridge.send(request('ping 2', 'ping'));
    await bridge.line('the answer', ({ id }) => id === 'ping 2');
    expect(bridge.bodiesOf('accept')).toEqual([]);
  });
});

describe('the standing stream', () => {
  test('is opened again when it ends, and when the session did', async () => {
    verifies('GW-05');
    const streams: Parameters<Host>[1][] = [];
    const { state, host } = sessions(echo);
    await using bridge = await openBridge((posted, response, incoming) => {
      host(posted, response, incoming);
      if (posted.method === 'GET' && response.statusCode === 200) streams.push(response);
    });
    bridge.send(INITIALIZE);
    bridge.send(INITIALIZED);
    await eventually(() => streams.length === 1, { what: 'a stream' });
    streams[0]?.end();
    await eventually(() => streams.length === 2, { what: 'a second stream' });
    state.live = 'none any more';
    streams[1]?.destroy();
    await eventually(() => streams.length === 3, { what: 'a third stream, in a new session' });
    expect(state.made).toBe(2);
    streams[2]?.write(
      'data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"n":3}}\n\n',
    );
    await bridge.line('the notification', ({ params }) => JSON.stringify(params) === '{"n":3}');
  });
});

describe('batches', () => {
  test('go as they are and are answered by one array', async () => {
    verifies('GW-02');
    const { host } = sessions((posted, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const { id } of JSON.parse(posted.body).filter((one: { id?: unknown }) => one.id !== undefined)) {
        response.write(`data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"of":${id}}}\n\n`);
        if (id !== 3) response.write(`data: {"jsonrpc":"2.0","id":${id},"result":{}}\n\n`);
      }
      response.end();
    });
    await using bridge = await openBridge(host);
    bridge.send(INITIALIZE);
    const batch = `[${JSON.stringify(request(1, 'ping'))} , ${JSON.stringify(INITIALIZED)},${JSON.stringify(request(3, 'ping'))}]`;
    bridge.send(batch);
    const line = await eventually(() => bridge.lines.find((one) => one.startsWith('[')), {
      what: 'the answers',
    });
    expect(JSON.parse(line)).toEqual([
      { jsonrpc: '2.0', id: 1, result: {} },
      {
        jsonrpc: '2.0',
        id: 3,
        error: { code: -32000, message: expect.stringContaining('without an answer') },
      },
    ]);
    expect(bridge.posted.some(({ body }) => body === batch)).toBe(true);
    expect(bridge.lines.filter((one) => one.includes('notifications/progress'))).toHaveLength(2);
  });

  test('that are refused are answered for each request', async () => {
    verifies('GW-02');
    await using bridge = await openBridge((_, response) =>
      answer(response, 400, { id: null, error: { code: -32600, message: 'No batches here.' } }),
    );
    bridge.send(`[${JSON.stringify(request(1, 'ping'))},${JSON.stringify(request(2, 'ping'))}]`);
    const line = await eventually(() => bridge.lines[0], { what: 'the answers' });
    expect(JSON.parse(line)).toMatchObject([
      { id: 1, error: { message: 'No batches here.' } },
      { id: 2, error: { message: 'No batches here.' } },
    ]);
    bridge.send('[{"jsonrpc":');
    await bridge.line('the refusal', ({ id }) => id === null);
  });
});

describe('pressure', () => {
  test('a client that reads nothing is not written to without end, and gets all of it when it reads', async () => {
    verifies('GW-07');
    const total = MAX_UNREAD_BYTES * 8;
    let written = 0;
    const event = Buffer.from(
      `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"x":"${'x'.repeat(60_000)}"}}\n\n`,
    );
    let sent = 0;
    const slow = new (class extends Writable {
      readonly #held: (() => void)[] = [];
      #reads = false;
      read(): void {
        this.#reads = true;
        for (const done of this.#held.splice(0)) done();
      }
      override _write(chunk: Buffer, _: unknown, done: () => void): void {
        written += chunk.length;
        if (this.#reads) done();
        else this.#held.push(done);
      }
    })();
    let stalled = false;
    await using bridge = await openBridge((posted, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const more = async (): Promise<void> => {
        while (sent < total) {
          sent += event.length;
          if (response.write(event)) continue;
          stalled = true;
          await once(response, 'drain');
          stalled = false;
        }
        response.end(`data: {"jsonrpc":"2.0","id":${String(idOf(posted))},"result":{}}\n\n`);
      };
      void more();
    }, slow);
    bridge.send(request(1, 'tools/call'));
    await eventually(() => slow.writableLength > MAX_UNREAD_BYTES, { what: 'the client to be behind' });
    let before = -1;
    await eventually(() => stalled && before === (before = sent), { what: 'the host to be held up' });
    expect(slow.writableLength).toBeLessThan(MAX_UNREAD_BYTES * 2);
    expect(sent).toBeLessThan(total);
    slow.read();
    await eventually(() => written >= total, { what: 'all of it' });
  });

  test('and is not read from either', async () => {
    verifies('GW-07');
    const stuck = new (class extends Writable {
      override _write(): void {
        // Nobody reads.
      }
    })();
    await using bridge = await openBridge(echo, stuck);
    const line = `{"x":"${'x'.repeat(1_000)}"}`;
    // Each is refused with a line of its own, without the host.
    const count = (MAX_UNREAD_BYTES / 60) | 0;
    for (let i = 0; i < count; i++) bridge.send(line);
    await eventually(() => stuck.writableLength > MAX_UNREAD_BYTES, { what: 'the client to be behind' });
    bridge.send(request(1, 'ping'));
    let before = -1;
    await eventually(() => before === (before = stuck.writableLength));
    expect(bridge.posted).toEqual([]);
    stuck.destroy();
    await eventually(() => bridge.posted.length === 1, { what: 'it to go on' });
  });

  test('a message that is too large is refused with its id', async () => {
    const stdout = new PassThrough();
    await using bridge = await openBridge(echo, stdout);
    bridge.send(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"x":"${'x'.repeat(65 << 20)}"}}`);
    expect((await bridge.line('the answer', ({ id }) => id === 7))['error']).toMatchObject({ code: -32600 });
  });
});
