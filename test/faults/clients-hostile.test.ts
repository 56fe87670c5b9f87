// Clients that send what they may not, too much of it, or what belongs to others. Each gets the code that the
// specification has for it; nobody else notices.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { exchange, type RawExchange } from '../support/raw-http.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo, echoOn, startBystander } from './support/calls.ts';
import { declared, faulty } from './support/declared.ts';
import { metric, openFiles, SPARE_FILES } from './support/observe.ts';
import { openSocket, postText } from './support/raw-socket.ts';

const MB = 1 << 20;
const MAX_BODY = 4 * MB;
/** Three quarters of the default of `maxStreams`. */
const MAX_STANDING = 768;

const stack = new AsyncDisposableStack();
let gateway: Gateway;
let url: string;

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      files: declared({ serving: faulty(), other: faulty() }),
      waitFor: ['serving', 'other'],
    }),
  );
  url = gateway.serverUrl('serving');
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const post = (body: string | Buffer): Promise<RawExchange> =>
  exchange(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body,
  });

const ping = (more: string): string => `{"jsonrpc":"2.0","id":1,"method":"ping","params":${more}}`;

describe('a body', () => {
  test('of up to 4 MiB passes, above it is 413, said in advance or not', async () => {
    verifies('GW-07');
    const padding = MAX_BODY - ping('{"x":""}').length;
    expect((await post(ping(`{"x":"${'x'.repeat(padding)}"}`))).status).toBe(200);
    const over = ping(`{"x":"${'x'.repeat(padding + 1)}"}`);
    const refused = await post(over);
    expect(refused.status).toBe(413);
    expect(String(refused.body)).toContain(String(MAX_BODY));

    await using chunked = await openSocket(url, { reads: true });
    const head = postText(url, '', { 'transfer-encoding': 'chunked' }).replace(/content-length: 0\r\n/, '');
    chunked.socket.write(head);
    const chunk = 'x'.repeat(MB);
    for (let sent = 0; sent < 6; sent++) chunked.socket.write(`${MB.toString(16)}\r\n${chunk}\r\n`);
    chunked.socket.write('0\r\n\r\n');
    await eventually(() => /^HTTP\/1.1 413 /.test(chunked.text()), { what: 'the refusal' });
    await chunked.closed;
    await echo(url);
  });

  test.each([
    ['no JSON', '{"jsonrpc":"2.0",', -32_700],
    ['nothing', '', -32_700],
    [
      'bytes that are no UTF-8',
      Buffer.from([...Buffer.from('{"jsonrpc":"2.0","id":"'), 0xff, 0xfe, 0x22]),
      -32_700,
    ],
    ['a hundred levels', ping(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`), -32_700],
    ['two million levels', '['.repeat(2_000_000), -32_600],
    ['no message', '{"hello":"world"}', -32_600],
    ['another version of JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"ping"}', -32_600],
  ])('that is %s is 400', async (_, body, code) => {
    verifies('GW-07');
    const refused = await post(body);
    expect(refused.status).toBe(400);
    expect(memberText(String(refused.body), 'error', 'code')).toBe(String(code));
  });

  test('with bytes in a string that are no UTF-8 never reaches a server', async () => {
    verifies('GW-07');
    const [start = '', end = ''] =
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${call('echo', { nonce: '|' })}}`.split('|');
    const refused = await post(
      Buffer.concat([Buffer.from(start), Buffer.from([0xc3, 0x28]), Buffer.from(end)]),
    );
    expect(refused.status).toBe(400);
  });
});

test('more streams than there may be: the rest is refused, and all is as before when they have gone', async () => {
  verifies('GW-07');
  const files = await openFiles(gateway.pid);
  const abort = new AbortController();
  let opened = 0;
  const refusals: (string | undefined)[] = [];
  const listening = Array.from({ length: 2_000 }, async () => {
    const params = '{"notifications":{"toolsListChanged":true}}';
    const { error } = await modernRequest(gateway.mcpUrl, 'subscriptions/listen', params, {
      signal: abort.signal,
      onMessage: (message) => (opened += message.includes('acknowledged') ? 1 : 0),
    });
    refusals.push(error);
  });
  await eventually(() => opened + refusals.length === 2_000, { what: 'all to be answered' });
  expect(opened).toBe(MAX_STANDING);
  for (const refusal of refusals) expect(refusal).toContain(`There are ${MAX_STANDING} standing streams`);
  // There is room for calls all the while.
  await echo(url);
  abort.abort();
  await Promise.all(listening);
  await eventually(() => echo(url).then(() => true));
  await eventually(async () => (await openFiles(gateway.pid)) <= files + SPARE_FILES);
});

describe('a session', () => {
  test('is not to be guessed, nor to be used elsewhere or by others', async () => {
    verifies('SES-04', 'SEC-02');
    const client = await openLegacy(url);
    const id = client.sessionId ?? '';
    const changed = `${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`;
    const guesses = ['', 'x', '..', id.slice(0, -1), `${id}A`, changed, id.toUpperCase(), `${id}, ${id}`];
    const use = (where: string, session: string, headers = {}): Promise<RawExchange> =>
      exchange(where, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-session-id': session,
          ...headers,
        },
        body: ping('{}'),
      });
    for (const guess of guesses) expect([guess, (await use(url, guess)).status]).toEqual([guess, 404]);
    expect((await use(gateway.serverUrl('other'), id)).status).toBe(404);
    expect((await use(gateway.mcpUrl, id)).status).toBe(404);
    expect((await use(url, id, { authorization: `Bearer ${gateway.token}` })).status).toBe(404);
    expect((await use(url, id)).status).toBe(200);
    await client.delete();
  });

  test('can be ended by its owner alone, and is gone after that', async () => {
    verifies('SES-04', 'SEC-02');
    const client = await openLegacy(url);
    const before = await metric(gateway, 'tutti_sessions');
    const id = client.sessionId ?? '';
    const end = (where: string, headers = {}): Promise<RawExchange> =>
      exchange(where, { method: 'DELETE', headers: { 'mcp-session-id': id, ...headers } });
    expect((await end(gateway.serverUrl('other'))).status).toBe(404);
    expect((await end(url, { authorization: `Bearer ${gateway.token}` })).status).toBe(404);
    await echoOn(client);
    expect((await client.delete()).status).toBe(200);
    expect((await client.request('tools/list')).status).toBe(404);
    expect((await client.delete()).status).toBe(404);
    expect((await client.stream()).status).toBe(404);
    expect(await metric(gateway, 'tutti_sessions')).toBe(before - 1);
  });
});

test('a thousand connections that say nothing keep nobody out', async () => {
  verifies('GW-07', 'GW-08');
  await using silent = new AsyncDisposableStack();
  for (let count = 0; count < 1_000; count++) {
    const { socket } = silent.use(await openSocket(url, { reads: true }));
    if (count % 2 === 0) socket.write('POST /mcp HTTP/1.1\r\nHost: 127');
  }
  const bystander = startBystander(url);
  await echo(url);
  expect(await bystander.stop()).toBeGreaterThan(0);
});
