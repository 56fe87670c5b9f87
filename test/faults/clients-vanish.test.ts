// Clients that vanish in the middle of calls, or that do not read what they asked for. Nobody else notices, and nothing
// of them stays.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, startBystander } from './support/calls.ts';
import { declared, faulty } from './support/declared.ts';
import { inFlight, metric, openFiles, SPARE_FILES } from './support/observe.ts';
import { openSocket, postText } from './support/raw-socket.ts';

const MB = 1 << 20;

const stack = new AsyncDisposableStack();
let gateway: Gateway;
let url: string;

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      files: declared({ bystander: faulty(), serving: faulty({ timeout: '300s' }) }),
      waitFor: ['bystander', 'serving'],
    }),
  );
  url = gateway.serverUrl('serving');
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const calls = (): Promise<number> => inFlight(gateway, 'serving');

async function cancelled(): Promise<number> {
  const { result = '' } = await modernRequest(url, 'tools/call', call('cancelled'));
  const list: unknown = JSON.parse(memberText(result, 'structuredContent', 'cancelled') ?? '[]');
  return Array.isArray(list) ? list.length : -1;
}

test('a modern client that vanishes has cancelled: the server is told', async () => {
  verifies('GW-05', 'GW-08');
  const before = await cancelled();
  const abort = new AbortController();
  const gone = modernRequest(url, 'tools/call', call('hang'), { signal: abort.signal });
  await eventually(async () => (await calls()) === 1, { what: 'the call to be under way' });
  abort.abort();
  await gone;
  await eventually(async () => (await cancelled()) === before + 1, { what: 'the server to be told' });
  await eventually(async () => (await calls()) === 0);
});

test('a legacy client that vanishes has not cancelled; it may come back and say so', async () => {
  verifies('GW-05');
  const before = await cancelled();
  const client = await openLegacy(url);
  const abort = new AbortController();
  const gone = client.request('tools/call', call('hang'), { id: '"mine"', signal: abort.signal });
  await eventually(async () => (await calls()) === 1, { what: 'the call to be under way' });
  abort.abort();
  await gone;
  // Another call of the same client has come and gone: the loss of the connection was seen by then.
  await client.request('tools/call', call('echo', { nonce: 1 }));
  expect(await calls()).toBe(1);
  expect(await cancelled()).toBe(before);
  await client.notify('notifications/cancelled', '{"requestId":"mine"}');
  await eventually(async () => (await cancelled()) === before + 1);
  expect(await calls()).toBe(0);
  await client.delete();
});

test('a session that is deleted cancels what it has under way', async () => {
  verifies('GW-05', 'SES-04');
  const before = await cancelled();
  const client = await openLegacy(url);
  const hanging = client.request('tools/call', call('hang'));
  await eventually(async () => (await calls()) === 1);
  expect((await client.delete()).status).toBe(200);
  expect((await hanging).result).toBeUndefined();
  await eventually(async () => (await cancelled()) === before + 1);
  expect(await calls()).toBe(0);
});

test('a client that never reads its stream is cut off; memory is bounded and others are served', async () => {
  verifies('GW-07', 'GW-08');
  const client = await openLegacy(url);
  const rss = await metric(gateway, 'process_resident_memory_bytes');
  const bystander = startBystander(gateway.serverUrl('bystander'));
  await using deaf = await openSocket(gateway.url, { reads: false });
  const flood = call('flood', { kind: 'notifications', megabytes: 100 });
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${flood}}`;
  deaf.socket.write(postText(url, body, { 'mcp-session-id': client.sessionId ?? '' }));
  await eventually(async () => (await calls()) > 0, { what: 'the flood to begin' });
  await eventually(async () => (await calls()) === 0, { what: 'the flood to end' });
  expect(await bystander.stop()).toBeGreaterThan(0);
  await eventually(
    () => {
      // Who does not read learns of the end by writing.
      deaf.socket.write('x');
      return deaf.socket.destroyed;
    },
    { what: 'its connection to be closed' },
  );
  expect((await metric(gateway, 'process_resident_memory_bytes')) - rss).toBeLessThan(100 * MB);
  await client.request('tools/call', call('echo', { nonce: 1 }));
  await client.delete();
});

test('200 clients vanish at once in the middle of their calls: nothing of them stays', async () => {
  verifies('SES-04', 'GW-08');
  const files = await openFiles(gateway.pid);
  const bystander = startBystander(gateway.serverUrl('bystander'));
  const abort = new AbortController();
  const gone = Array.from({ length: 200 }, () =>
    modernRequest(url, 'tools/call', call('hang'), { signal: abort.signal }),
  );
  await eventually(async () => (await calls()) >= 200, { what: 'their calls to be under way' });
  abort.abort();
  await Promise.all(gone);
  expect(await bystander.stop()).toBeGreaterThan(0);
  await eventually(async () => (await calls()) === 0);
  await eventually(async () => (await openFiles(gateway.pid)) <= files + SPARE_FILES);
});
