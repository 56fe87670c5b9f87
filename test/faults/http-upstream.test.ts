// A server over HTTP that goes away, comes back without our session, half-opens connections or answers nonsense: calls
// fail with the truth or are healed, and status says the same.

import { setInterval } from 'node:timers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { serverReady, startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy, type LegacyClient, type RawAnswer } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo, echoOn, errorText, startBystander } from './support/calls.ts';
import { declared, faulty } from './support/declared.ts';
import { carryOut, json, startHttpUpstream, type HttpUpstream } from './support/http-upstream.ts';
import { inState, statusOf } from './support/observe.ts';

const RETRY = { initial: '200ms', max: '200ms', jitter: 0 };
/** A session that is lost sooner is not renewed at once. */
const STEADY_MS = 1_100;

const stack = new AsyncDisposableStack();
let upstream: HttpUpstream;
let unchecking: HttpUpstream;
let gateway: Gateway;
let client: LegacyClient;
let url: string;

beforeAll(async () => {
  upstream = stack.use(await startHttpUpstream());
  unchecking = stack.use(await startHttpUpstream());
  const health = { startupTimeout: '1s', heartbeatInterval: '200ms', maxFailures: 2 };
  gateway = stack.use(
    await startGateway({
      files: declared({
        bystander: faulty(),
        unchecked: { url: unchecking.url, health: { heartbeatInterval: '1h' }, restart: RETRY },
        remote: { url: upstream.url, timeout: '1s', health, restart: RETRY },
      }),
      waitFor: ['bystander', 'unchecked', 'remote'],
    }),
  );
  url = gateway.serverUrl('remote');
  await eventually(() => echo(url).then(() => true));
  // One session for all that happens here: whatever the server does, the client need not care.
  client = await openLegacy(url);
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const echoUpstream = upstreamEcho();

beforeEach(async () => {
  upstream.instead = undefined;
  upstream.onCall = echoUpstream;
  await serverReady(gateway, 'remote');
  await eventually(() => echoOn(client).then(() => true), { what: 'the living session to be served' });
  upstream.executed.length = 0;
});

const callBoth = (): Promise<RawAnswer[]> =>
  Promise.all([
    modernRequest(url, 'tools/call', call('echo', { nonce: 'a' })),
    client.request('tools/call', call('echo', { nonce: 'b' })),
  ]);

describe('redeployed', () => {
  test('the old session is unknown: renewed at once, the calls are carried out, each once', async () => {
    verifies('GW-08', 'SRV-09');
    await steady();
    const bystander = startBystander(gateway.serverUrl('bystander'));
    upstream.forgetSessions();
    const answers = await callBoth();
    expect(answers.map(({ result = '' }) => memberText(result, 'structuredContent', 'nonce'))).toEqual([
      '"a"',
      '"b"',
    ]);
    expect(upstream.executed.toSorted()).toEqual(['"a"', '"b"']);
    expect((await inState(gateway, 'remote', 'Connected')).consecutiveFailures).toBe(0);
    expect(await bystander.stop()).toBeGreaterThan(0);
  });

  test('a server that forgets every session at once: an error, and no endless round', async () => {
    verifies('GW-08');
    await steady();
    upstream.onCall = ({ id }, response) =>
      json(
        response,
        `{"jsonrpc":"2.0","id":${id},"error":{"code":-32001,"message":"Session not found"}}`,
        404,
      );
    expect(errorText(await client.request('tools/call', call('echo')))).toContain('status 404');
  });

  test('gone and back: refused while it is away with the time of the next attempt, then served', async () => {
    verifies('GW-08', 'SRV-09', 'CAT-04');
    const tools = (await client.request('tools/list')).result;
    await upstream.stop();
    const away = await inState(gateway, 'remote', 'Disconnected', 'Failed');
    expect(away.reason).toMatch(/ECONNREFUSED.*; next attempt at \d{4}/);
    expect(away.conditions.find(({ type }) => type === 'Ready')?.status).toBe('False');
    for (const answer of await callBoth()) expect(errorText(answer)).toContain('ECONNREFUSED');
    expect((await client.request('tools/list')).result).toBe(tools);
    await upstream.start();
    await inState(gateway, 'remote', 'Connected');
    await eventually(() => echoOn(client).then(() => true));
  });

  test('a call under way when it goes is not sent again: its outcome is unknown, and said to be', async () => {
    verifies('GW-08');
    upstream.onCall = (received) => {
      carryOut(upstream, received);
      if (upstream.executed.length === 2) void upstream.stop();
    };
    for (const answer of await callBoth()) {
      expect(errorText(answer)).toMatch(/may or may not have been carried out/);
      expect(memberText(answer.error ?? '', 'data', 'kind')).toBe('"outcome_unknown"');
    }
    upstream.onCall = echoUpstream;
    await upstream.start();
    await eventually(() => echoOn(client).then(() => true));
    expect(upstream.executed.filter((nonce) => nonce === '"a"' || nonce === '"b"')).toHaveLength(2);
  });
});

describe('silent', () => {
  test('connections that are accepted and never answered: deadline, not Ready, Disconnected, and healed', async () => {
    verifies('GW-08', 'SUP-03', 'SRV-09');
    const bystander = startBystander(gateway.serverUrl('bystander'));
    upstream.instead = () => undefined;
    for (const answer of await callBoth()) expect(errorText(answer)).toMatch(/remote/);
    const away = await inState(gateway, 'remote', 'Disconnected', 'Failed');
    expect(away.reason).toMatch(/did not answer|no MCP handshake within/);
    expect(await bystander.stop()).toBeGreaterThan(0);
    upstream.instead = undefined;
    await inState(gateway, 'remote', 'Connected');
  });

  test('a body that drips: the deadline of the call holds', async () => {
    verifies('GW-08');
    upstream.onCall = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      drip(response, ' ');
    };
    for (const answer of await callBoth()) expect(errorText(answer)).toContain('gave up after');
  });

  test('an event stream without end and without an answer: the deadline of the call holds', async () => {
    verifies('GW-08');
    upstream.onCall = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const params = '{"level":"info","data":"still here"}';
      drip(response, `data: {"jsonrpc":"2.0","method":"notifications/message","params":${params}}\n\n`);
    };
    for (const answer of await callBoth()) expect(errorText(answer)).toContain('gave up after');
    expect((await statusOf(gateway, 'remote')).state).toBe('Connected');
  });
});

describe('broken', () => {
  test('a reset in the middle of a stream: at once, outcome unknown', async () => {
    verifies('GW-08');
    upstream.onCall = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': hello\n\n', () => response.socket?.resetAndDestroy());
    };
    for (const answer of await callBoth())
      expect(memberText(answer.error ?? '', 'data', 'kind')).toBe('"outcome_unknown"');
  });

  test('status 500 is told with its text; when all is 500 it is not Ready', async () => {
    verifies('GW-08', 'SRV-09');
    const fail = (response: Parameters<typeof json>[0]): void => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end('the disk is full');
    };
    upstream.onCall = (_, response) => fail(response);
    for (const answer of await callBoth()) expect(errorText(answer)).toContain('HTTP 500: the disk is full');
    expect((await statusOf(gateway, 'remote')).state).toBe('Connected');
    upstream.instead = (_, response) => fail(response);
    const away = await inState(gateway, 'remote', 'Disconnected', 'Failed');
    expect(away.reason).toContain('HTTP 500: the disk is full');
  });

  test('status 401 in the middle of its life: the first call that gets it makes it Auth Required', async () => {
    verifies('SRV-09', 'GW-08');
    const unchecked = gateway.serverUrl('unchecked');
    unchecking.instead = (_, response) => {
      response.setHeader('www-authenticate', 'Bearer realm="x"');
      json(response, '{"error":"unauthorized"}', 401);
    };
    expect(errorText(await modernRequest(unchecked, 'tools/call', call('echo')))).toContain('HTTP 401');
    const locked = await inState(gateway, 'unchecked', 'Auth Required');
    expect(locked.reason).toContain('401');
    unchecking.instead = undefined;
    await inState(gateway, 'unchecked', 'Connected');
    await echo(unchecked);
  });

  test.each([
    ['a page for people', 'text/html', '<html>login</html>'],
    ['JSON that is no message', 'application/json', '{"hello":"world"}'],
    ['half of a message', 'application/json', '{"jsonrpc":"2.0","id":'],
    ['no body at all', 'application/json', ''],
    ['the answer to another question', 'application/json', '{"jsonrpc":"2.0","id":123456,"result":{}}'],
  ])('%s', async (_, contentType, body) => {
    verifies('GW-08');
    upstream.onCall = (__, response) => {
      response.writeHead(200, { 'content-type': contentType }).end(body);
    };
    for (const answer of await callBoth())
      expect(memberText(answer.error ?? '', 'data', 'kind')).toBe('"upstream_invalid"');
    expect((await statusOf(gateway, 'remote')).state).toBe('Connected');
  });
});

function upstreamEcho(): HttpUpstream['onCall'] {
  return (received, response) => json(response, carryOut(upstream, received));
}

/** Waits until the session has held for a while. */
async function steady(): Promise<void> {
  await eventually(async () => {
    const { lastConnected } = await statusOf(gateway, 'remote');
    return lastConnected !== undefined && Date.now() - Date.parse(lastConnected) > STEADY_MS;
  });
}

function drip(response: Parameters<typeof json>[0], text: string): void {
  const timer = setInterval(() => response.write(text), 50);
  response.on('close', () => clearInterval(timer));
}
