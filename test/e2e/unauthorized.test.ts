// A server that wants credentials: its client hears so as from the server itself, with a proxy in between and without.

import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { declared } from '../faults/support/declared.ts';
import { json, startHttpUpstream, type HttpUpstream } from '../faults/support/http-upstream.ts';
import { inState } from '../faults/support/observe.ts';
import { freePorts } from '../support/free-ports.ts';
import { serverReady, startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { exchange } from '../support/raw-http.ts';
import { startReverseProxy, type ReverseProxy } from '../support/reverse-proxy.ts';
import { verifies } from '../verifies.ts';
import { ANY_PORT, gatewayText } from './port-gateway.ts';

const CHALLENGE =
  'Bearer realm="docs, internal", resource_metadata="https://docs.example.com/.well-known/oauth-protected-resource/mcp", scope="read  write"';
const CALL = '{"name":"echo","arguments":{}}';
const INITIALIZE =
  '{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}';
const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

describe.each(['straight', 'through a proxy'])('%s', (way) => {
  const stack = new AsyncDisposableStack();
  let gateway: Gateway;
  let proxy: ReverseProxy;
  /** Locked from the start; locked only later; locked without a word; in its old transport. */
  const upstreams: Record<string, HttpUpstream> = {};
  let port = 0;

  const lock = (name: string, challenge: string | undefined, body = '{"error":"invalid_token"}'): void => {
    const upstream = upstreams[name];
    if (upstream === undefined) throw new Error(`there is no ${name}`);
    upstream.instead = ({ id }, response) => {
      if (challenge !== undefined) response.setHeader('www-authenticate', challenge);
      json(response, body.replace('ID', id), 401);
    };
  };

  beforeAll(async () => {
    for (const name of ['locked', 'later', 'silent', 'events', 'wordy'])
      upstreams[name] = stack.use(await startHttpUpstream());
    lock('locked', CHALLENGE);
    lock('silent', undefined);
    lock('events', CHALLENGE);
    lock('wordy', CHALLENGE, '{"jsonrpc":"2.0","id":ID,"error":{"code":-32001,"message":"who are you?"}}');
    const urls = Object.entries(upstreams).map(([name, { url }]): [string, string] => [name, url]);
    proxy = stack.use(await startReverseProxy(Object.fromEntries(urls)));
    [port = 0] = await freePorts(1);
    const specs = urls.map(([name, url]): [string, object] => [
      name,
      {
        url,
        ...(name === 'events' && { type: 'sse' }),
        ...(name === 'locked' && { port }),
        health: { heartbeatInterval: '10m' },
      },
    ]);
    const upstreamProxy = way === 'straight' ? undefined : proxy.base;
    gateway = stack.use(
      await startGateway({
        files: {
          ...declared(Object.fromEntries(specs.map(([name, spec]) => [name, { ...spec }]))),
          'gateway.json': gatewayText({ ports: ANY_PORT, upstreamProxy }),
        },
      }),
    );
    await serverReady(gateway, 'later');
    for (const name of ['locked', 'silent', 'events', 'wordy']) await inState(gateway, name, 'Auth Required');
  }, 120_000);
  afterAll(() => stack.disposeAsync(), 60_000);

  const routes = (): string[] => [gateway.serverUrl('locked'), `http://127.0.0.1:${port}/mcp`];

  test('its route and its port answer with its own challenge, to clients of each era', async () => {
    verifies('GW-10');
    for (const url of routes()) {
      const legacy = await exchange(url, { method: 'POST', headers: HEADERS, body: INITIALIZE });
      expect([legacy.status, legacy.headers['www-authenticate']]).toEqual([401, CHALLENGE]);
      expect(memberText(String(legacy.body), 'id')).toBe('7');
      for (const method of ['server/discover', 'tools/list', 'tools/call']) {
        const modern = await modernRequest(url, method, method === 'tools/call' ? CALL : '{}');
        expect([modern.status, modern.headers['www-authenticate']]).toEqual([401, CHALLENGE]);
        expect(memberText(modern.error ?? '', 'data', 'kind')).toBe('"unauthorized"');
        expect(memberText(modern.error ?? '', 'message')).toContain('locked is Auth Required: HTTP 401');
      }
    }
    for (const path of ['', '/sse']) {
      const sse = await exchange(`http://127.0.0.1:${port}${path}`, { method: 'GET', headers: {} });
      expect([sse.status, sse.headers['www-authenticate']]).toEqual([401, CHALLENGE]);
    }
  });

  test.each(['events', 'wordy'])('whatever its type and whatever it says beside: %s', async (name) => {
    verifies('GW-10');
    const answer = await modernRequest(gateway.serverUrl(name), 'tools/call', CALL);
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, CHALLENGE]);
  });

  test('a 401 without a challenge stays one', async () => {
    verifies('GW-10');
    const answer = await modernRequest(gateway.serverUrl('silent'), 'tools/call', CALL);
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, undefined]);
  });

  test('the official client takes it for what it is, and finds where to log in', async () => {
    verifies('GW-10');
    let found: unknown;
    const client = new ClientV1({ name: 'sdk-v1', version: '1.0.0' });
    const transport = new TransportV1(new URL(gateway.serverUrl('locked')), {
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (response.status === 401) found = extractWWWAuthenticateParams(response);
        return response;
      },
    });
    await expect(client.connect(transport)).rejects.toMatchObject({ code: 401 });
    expect(found).toMatchObject({
      resourceMetadataUrl: new URL('https://docs.example.com/.well-known/oauth-protected-resource/mcp'),
      scope: 'read  write',
    });
  });

  test('in the middle of its life: the call that gets it and those that follow; at the endpoint of all as data', async () => {
    verifies('GW-10');
    const session = await openLegacy(gateway.serverUrl('later'));
    expect((await session.request('tools/call', CALL)).result).toBeDefined();
    lock('later', CHALLENGE);
    const hit = await session.request('tools/call', CALL);
    expect([hit.status, hit.headers['www-authenticate']]).toEqual([401, CHALLENGE]);
    expect(memberText(hit.error ?? '', 'data', 'server')).toBe('"later"');
    await inState(gateway, 'later', 'Auth Required');
    const next = await session.request('tools/call', CALL);
    expect([next.status, next.headers['www-authenticate']]).toEqual([401, CHALLENGE]);

    const all = await openLegacy(gateway.mcpUrl);
    const named = '{"name":"later_echo","arguments":{}}';
    for (const answer of [
      await all.request('tools/call', named),
      await modernRequest(gateway.mcpUrl, 'tools/call', named),
    ]) {
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([200, undefined]);
      const data = JSON.parse(memberText(answer.error ?? '', 'data') ?? '{}');
      expect(data).toMatchObject({ kind: 'unauthorized', server: 'later', wwwAuthenticate: CHALLENGE });
    }
  });
});

test('a challenge passes byte for byte, even where its text is none of HTTP', async () => {
  verifies('GW-10', 'GW-08');
  const challenge = Buffer.from('Bearer realm="日本"');
  await using upstream = await startHttpUpstream();
  upstream.instead = (_, response) => {
    const head = 'HTTP/1.1 401 No\r\nContent-Length: 0\r\nWWW-Authenticate: ';
    response.socket?.end(Buffer.concat([Buffer.from(head), challenge, Buffer.from('\r\n\r\n')]));
  };
  await using gateway = await startGateway({ files: declared({ odd: { url: upstream.url } }) });
  await inState(gateway, 'odd', 'Auth Required');
  const { status, headers } = await modernRequest(gateway.serverUrl('odd'), 'tools/call', CALL);
  expect(status).toBe(401);
  expect(Buffer.from(headers['www-authenticate'] ?? '', 'latin1')).toEqual(challenge);
});
