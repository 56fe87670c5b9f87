// Clients of both eras go on over a restart of Tutti, killed or stopped: on the same state folder, at the same address.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../faults/support/calls.ts';
import { declaration, declared, faulty } from '../faults/support/declared.ts';
import { metric } from '../faults/support/observe.ts';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { type Gateway, serverReady, startGateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { exchange } from '../support/raw-http.ts';
import { verifies } from '../verifies.ts';
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts';

const SERVERS = ['faulty', 'own', 'old', 'new', 'watched'] as const;
const TIMEOUT_MS = 120_000;
const stack = new AsyncDisposableStack();
let folder: string;
let watched: ScriptedServer;
let gateway: Gateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-restart-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const list = JSON.stringify({ resources: [{ uri: 'x:one', name: 'one' }] });
  watched = stack.use(
    await startScriptedServer(
      'legacy',
      '[{"name":"t","inputSchema":{"type":"object"}}]',
      ({ method }) => Promise.resolve(method === 'resources/list' ? list : '{}'),
      '"resources":{"subscribe":true}',
    ),
  );
  gateway = await startGateway({
    folder,
    waitFor: SERVERS,
    files: declared({
      faulty: faulty({ timeout: '60s' }),
      own: faulty({ isolation: 'session' }),
      old: fixtureCommand('legacy'),
      new: { url: stack.use(await startHttpFixture('modern')).url },
      watched: { url: watched.url },
    }),
  });
  stack.defer(() => gateway.close());
}, TIMEOUT_MS);
afterAll(() => stack.disposeAsync(), 60_000);

/** Ends it, lets something happen, and starts it again where it was. */
async function restart(signal: 'SIGKILL' | 'SIGTERM', meanwhile?: () => Promise<void>): Promise<void> {
  const port = Number(new URL(gateway.url).port);
  process.kill(gateway.pid, signal);
  await gateway.process.ended;
  await meanwhile?.();
  gateway = await startGateway({ folder, port, waitFor: SERVERS });
}

/** Waits until the store holds a session with this text: what is not written yet is lost in a kill. */
const isWritten = (text: string): Promise<unknown> =>
  eventually(
    () => {
      using database = new DatabaseSync(join(folder, 'state', 'tutti.db'), { readOnly: true });
      const rows = database.prepare('select record from sessions_records').all();
      return rows.some(({ record }) => String(record).includes(text));
    },
    { what: `${text} to be written` },
  );

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'SDK clients of both eras go on calling after %s',
  async (signal) => {
    verifies('SES-03');
    const mark = `sdk-${signal}`;
    const v1 = new ClientV1({ name: mark, version: '1.0.0' });
    await v1.connect(new TransportV1(new URL(gateway.mcpUrl)));
    const legacy = new Client({ name: `${mark}-v2`, version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(new URL(gateway.mcpUrl));
    await legacy.connect(transport);
    const modern = new Client(
      { name: mark, version: '1.0.0' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    await modern.connect(new StreamableHTTPClientTransport(new URL(gateway.mcpUrl)));
    const params = { name: 'faulty_echo', arguments: { nonce: mark } };
    const answer = { structuredContent: { nonce: mark } };
    for (const client of [v1, legacy, modern]) expect(await client.callTool(params)).toMatchObject(answer);
    await isWritten(`${mark}-v2`);
    await isWritten(`"${mark}`);
    const { sessionId } = transport;
    await restart(signal);
    for (const client of [v1, legacy, modern]) expect(await client.callTool(params)).toMatchObject(answer);
    expect(transport.sessionId).toBe(sessionId);
    expect(await metric(gateway, 'tutti_sessions_revived_total')).toBeGreaterThanOrEqual(2);
    for (const client of [v1, legacy, modern]) await client.close();
  },
  TIMEOUT_MS,
);

test(
  'a session comes back with what it had: subscriptions, log level, an instance of its own',
  async () => {
    verifies('SES-03');
    const client = await openLegacy(gateway.mcpUrl, { clientInfo: '{"name":"rich","version":"1"}' });
    await client.request('resources/subscribe', '{"uri":"x:one"}');
    await client.request('logging/setLevel', '{"level":"error"}');
    await isWritten('"logLevel":"error","subscriptions":["x:one"]');
    const asked = (): number =>
      watched.requests.filter(({ method }) => method === 'resources/subscribe').length;
    const before = asked();
    await restart('SIGKILL');

    const heard: string[] = [];
    const stream = await client.stream({ onMessage: (message) => heard.push(String(message)) });
    expect(stream.status).toBe(200);
    await eventually(() => asked() > before, { what: 'the server to be subscribed again' });
    watched.broadcast(
      '{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"x:one"}}',
    );
    await eventually(() => heard.some((text) => text.includes('resources/updated')), { what: 'the update' });
    const logged: string[] = [];
    await client.request('tools/call', call('old_test_tool_with_logging'), {
      onMessage: (message) => logged.push(String(message)),
    });
    expect(logged.filter((text) => text.includes('notifications/message'))).toEqual([]);
    const pids = new Set<string | undefined>();
    for (const nonce of [1, 2]) {
      const { result = '' } = await client.request('tools/call', call('own_echo', { nonce }));
      pids.add(memberText(result, 'structuredContent', 'pid'));
    }
    expect(pids.size).toBe(1);
    await stream.close();
    expect((await client.delete()).status).toBe(200);
    expect((await client.request('ping')).status).toBe(404);
  },
  TIMEOUT_MS,
);

test(
  'a session is its principal’s, of its endpoint, and ends for good',
  async () => {
    verifies('SES-03');
    const client = await openLegacy(gateway.mcpUrl, { clientInfo: '{"name":"mine","version":"1"}' });
    const ended = await openLegacy(gateway.mcpUrl, { clientInfo: '{"name":"ended","version":"1"}' });
    await isWritten('ended');
    await ended.delete();
    await restart('SIGTERM');
    const ping = (url: string, sessionId: string, more = {}) =>
      exchange(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2025-11-25',
          'mcp-session-id': sessionId,
          ...more,
        },
        body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      });
    const id = client.sessionId ?? '';
    const admin = { authorization: `Bearer ${gateway.token}` };
    expect((await ping(gateway.mcpUrl, id, admin)).status).toBe(404);
    expect((await ping(gateway.serverUrl('faulty'), id)).status).toBe(404);
    expect((await ping(gateway.mcpUrl, `${id.slice(0, -1)}_`)).status).toBe(404);
    expect((await ping(gateway.mcpUrl, id.replace(/^[^.]+/, 'other'))).status).toBe(404);
    expect((await ping(gateway.mcpUrl, ended.sessionId ?? '')).status).toBe(404);
    expect((await ping(gateway.mcpUrl, id)).status).toBe(200);
    await client.delete();
  },
  TIMEOUT_MS,
);

test(
  'who comes back is told of a catalog that changed meanwhile, and of no other',
  async () => {
    verifies('SES-03');
    const client = await openLegacy(gateway.mcpUrl, { clientInfo: '{"name":"lists","version":"1"}' });
    await client.request('tools/list');
    await isWritten('"lists');
    const told = async (count: number): Promise<void> => {
      const heard: string[] = [];
      const stream = await client.stream({ onMessage: (message) => heard.push(String(message)) });
      await eventually(() => stream.status === 200);
      await client.request('ping');
      // What is kept for a stream is sent before anything that comes later.
      if (count > 0) await eventually(() => heard.some((text) => text.includes('tools/list_changed')));
      else expect(heard).toEqual([]);
      await stream.close();
    };
    await restart('SIGTERM');
    await told(0);
    await restart('SIGTERM', () =>
      writeFile(join(gateway.configPath, 'more.json'), declaration('more', faulty())),
    );
    await serverReady(gateway, 'more');
    await told(1);
    expect((await client.request('tools/list')).result).toContain('more_echo');
    await client.delete();
  },
  TIMEOUT_MS,
);

test(
  'what can not survive is refused, each in its own words',
  async () => {
    verifies('SES-03', 'GW-03');
    const capabilities = '{"elicitation":{"form":{}}}';
    const ask = call('faulty_ask', { message: 'Sure?' });
    const parked = await modernRequest(gateway.mcpUrl, 'tools/call', ask, { capabilities });
    const state = call('new_test_input_required_result_request_state');
    const stateful = await modernRequest(gateway.mcpUrl, 'tools/call', state, { capabilities });
    const again = (params: string, answer: typeof parked) => {
      const requestState = memberText(answer.result ?? '', 'requestState') ?? '';
      const [key = ''] = Object.keys(
        Object(JSON.parse(memberText(answer.result ?? '', 'inputRequests') ?? '{}')),
      );
      const responses = JSON.stringify({ [key]: { action: 'accept', content: {} } });
      const more = `,"inputResponses":${responses},"requestState":${requestState}}`;
      return modernRequest(gateway.mcpUrl, 'tools/call', `${params.slice(0, -1)}${more}`, { capabilities });
    };
    await restart('SIGKILL');
    const unknown = (await again(ask, parked)).error ?? '';
    expect(memberText(unknown, 'code')).toBe('-32007');
    expect(memberText(unknown, 'data', 'kind')).toBe('"outcome_unknown"');
    const refused = (await again(state, stateful)).error ?? '';
    expect(memberText(refused, 'code')).toBe('-32602');
    expect(memberText(refused, 'message')).toContain('restarted');
  },
  TIMEOUT_MS,
);
