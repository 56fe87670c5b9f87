// What Tutti has left when many clients are gone: nothing to hold, and nothing to do.

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo } from './support/calls.ts';
import { declared, faulty } from './support/declared.ts';
import { cpuTicks, inFlight, metric, openFiles, processesWith, SPARE_FILES } from './support/observe.ts';
import { openSocket, postText, type RawSocket } from './support/raw-socket.ts';

const CLIENTS = 200;
/** The time over which its work is looked at. */
const WINDOW_MS = 2_000;
/** Of 10 ms: five per cent of that time. */
const IDLE_TICKS = 10;

const stack = new AsyncDisposableStack();
let gateway: Gateway;
let mark: string;
let url: string;

beforeAll(async () => {
  mark = `leaks-${process.pid}`;
  gateway = stack.use(
    await startGateway({
      // Calls of legacy clients that vanished end at their time.
      files: declared({ serving: faulty({ timeout: '2s', env: { MARK: mark } }) }),
      waitFor: ['serving'],
    }),
  );
  url = gateway.serverUrl('serving');
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

test(
  '200 clients are lost at once: descriptors and processes as before, and no work',
  { timeout: 60_000 },
  async () => {
    verifies('SES-04', 'GW-08', 'SUP-10');
    for (let round = 0; round < 50; round++) await echo(url);
    const files = await openFiles(gateway.pid);
    const processes = await processesWith(mark);
    const sessions: string[] = [];
    const sockets = await Promise.all(
      Array.from({ length: CLIENTS }, (_, index) => (index % 2 === 0 ? loseLegacy(sessions) : loseModern())),
    );
    await eventually(async () => (await inFlight(gateway, 'serving')) > 0);
    for (const socket of sockets.flat()) socket.socket.resetAndDestroy();
    await Promise.all(sockets.flat().map(({ closed }) => closed));

    await eventually(async () => (await inFlight(gateway, 'serving')) === 0, {
      what: 'their calls to be over',
    });
    await eventually(async () => (await openFiles(gateway.pid)) <= files + SPARE_FILES, {
      what: 'their connections to be closed',
    });
    expect(await processesWith(mark)).toEqual(processes);
    await eventually(async () => (await ticksIn(WINDOW_MS)) <= IDLE_TICKS, { what: 'Tutti to be idle' });
    for (const id of sessions) await fetch(url, { method: 'DELETE', headers: { 'mcp-session-id': id } });
    expect(await metric(gateway, 'tutti_sessions')).toBe(0);
  },
);

test('sessions that are opened and ended by the hundred leave nothing', async () => {
  verifies('SES-04');
  const files = await openFiles(gateway.pid);
  const processes = await processesWith(mark);
  for (let round = 0; round < 20; round++) {
    const clients = await Promise.all(Array.from({ length: 10 }, () => openLegacy(url)));
    const streams = await Promise.all(clients.map((client) => client.stream()));
    await Promise.all(clients.map((client) => client.request('tools/list')));
    await Promise.all(clients.map((client) => client.delete()));
    await Promise.all(streams.map(({ ended }) => ended));
  }
  expect(await metric(gateway, 'tutti_sessions')).toBe(0);
  await eventually(async () => (await openFiles(gateway.pid)) <= files + SPARE_FILES);
  expect(await processesWith(mark)).toEqual(processes);
});

test('calls by the thousand leave nothing', { timeout: 60_000 }, async () => {
  verifies('GW-08');
  const files = await openFiles(gateway.pid);
  for (let round = 0; round < 20; round++)
    await Promise.all(
      Array.from({ length: 50 }, () => modernRequest(url, 'tools/call', call('echo', { nonce: 1 }))),
    );
  expect(await inFlight(gateway, 'serving')).toBe(0);
  await eventually(async () => (await openFiles(gateway.pid)) <= files + SPARE_FILES);
});

/** A session with a standing stream and a call that hangs. */
async function loseLegacy(sessions: string[]): Promise<RawSocket[]> {
  const { sessionId = '' } = await openLegacy(url);
  sessions.push(sessionId);
  const standing = await openSocket(url, { reads: false });
  const { host, pathname } = new URL(url);
  standing.socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\nMcp-Session-Id: ${sessionId}\r\n\r\n`,
  );
  const calling = await openSocket(url, { reads: false });
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${call('hang')}}`;
  calling.socket.write(postText(url, body, { 'mcp-session-id': sessionId }));
  return [standing, calling];
}

/** A stream of changes and a call that hangs. */
async function loseModern(): Promise<RawSocket[]> {
  const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"x","version":"1"}}`;
  const send = async (
    method: string,
    params: string,
    headers: Record<string, string>,
  ): Promise<RawSocket> => {
    const opened = await openSocket(url, { reads: false });
    const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${meta},${params.slice(1)}}`;
    opened.socket.write(
      postText(url, body, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...headers }),
    );
    return opened;
  };
  return Promise.all([
    send('subscriptions/listen', '{"notifications":{"toolsListChanged":true}}', {}),
    send('tools/call', call('hang'), { 'mcp-name': 'hang' }),
  ]);
}

async function ticksIn(ms: number): Promise<number> {
  const before = await cpuTicks(gateway.pid);
  await pause(ms);
  return (await cpuTicks(gateway.pid)) - before;
}
