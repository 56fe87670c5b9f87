// Subscriptions to resources: who holds one, what the server was asked, and what is left when somebody lets go.

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCaller } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, serverReady, startGateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts';

const NAMES = ['shared', 'bad', 'flaky', 'slow', 'passing', 'back'];
const LIST = JSON.stringify({ resources: NAMES.map((name) => ({ uri: `x:${name}`, name })) });
const REFUSED = '{"error":{"code":-32602,"message":"not that one"}}';

/** What the server says to a subscription, by name; `{}` where nothing is said. */
const says: Record<string, string | Promise<string>> = { bad: REFUSED };
const stack = new AsyncDisposableStack();
let server: ScriptedServer;
let gateway: Gateway;

beforeAll(async () => {
  const script = async ({ method, params }: { method: string; params: string }): Promise<string> => {
    if (method === 'resources/list') return LIST;
    if (method === 'resources/templates/list') return '{"resourceTemplates":[]}';
    return method === 'resources/subscribe' ? ((await says[nameOf(params)]) ?? '{}') : '{}';
  };
  const tools = '[{"name":"t","inputSchema":{"type":"object"}}]';
  server = stack.use(await startScriptedServer('legacy', tools, script, '"resources":{"subscribe":true}'));
  gateway = stack.use(await startGateway({ servers: { one: { url: server.url } } }));
  await eventually(
    async () => {
      const { result = '{}' } = await modernRequest(gateway.mcpUrl, 'resources/list');
      return result.includes('x:back');
    },
    { what: 'the resources' },
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const nameOf = (params: string): string => String(JSON.parse(memberText(params, 'uri') ?? '""')).slice(2);

/** How often the server was asked to do so. */
const asked = (method: 'subscribe' | 'unsubscribe', name: string): number =>
  server.requests.filter((one) => one.method === `resources/${method}` && nameOf(one.params) === name).length;

const update = (name: string): void =>
  server.broadcast(
    `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"x:${name}"}}`,
  );

/** Opens `subscriptions/listen`; what it was told. */
async function listen(...names: string[]) {
  const heard: string[] = [];
  const abort = new AbortController();
  const filter = { notifications: { resourceSubscriptions: names.map((name) => `x:${name}`) } };
  const ended = modernRequest(gateway.mcpUrl, 'subscriptions/listen', JSON.stringify(filter), {
    signal: abort.signal,
    onMessage: (message) => heard.push(String(message)),
  });
  const acknowledgement = await eventually(() => heard[0], { what: 'the acknowledgement' });
  return {
    accepted: memberText(acknowledgement, 'params', 'notifications'),
    hears: (name: string) =>
      eventually(() => heard.some((one) => one.includes(`"x:${name}"`)), { what: name }),
    async [Symbol.asyncDispose]() {
      abort.abort();
      await ended;
    },
  };
}

describe('subscriptions', () => {
  test('the acknowledgement does not claim what the server refuses', async () => {
    verifies('GW-05');
    await using both = await listen('shared', 'bad');
    expect(both.accepted).toBe('{"resourceSubscriptions":["x:shared"]}');
  });

  test('who was refused takes nothing away from others at its end', async () => {
    verifies('GW-05');
    says['flaky'] = REFUSED;
    const refused = await listen('flaky');
    expect(refused.accepted).toBe('{}');
    says['flaky'] = '{}';
    await using held = await listen('flaky');
    await refused[Symbol.asyncDispose]();
    // Something that goes the same way, later.
    await (await listen('shared'))[Symbol.asyncDispose]();
    await eventually(() => asked('unsubscribe', 'shared') > 0, { what: 'the other one to be let go' });
    expect(asked('unsubscribe', 'flaky')).toBe(0);
    update('flaky');
    await held.hears('flaky');
  });

  test('all who ask at once get the same answer, and whoever asks later makes the server be asked again', async () => {
    verifies('GW-05');
    const answer = Promise.withResolvers<string>();
    says['slow'] = answer.promise;
    const clients = await Promise.all([openLegacy(gateway.mcpUrl), openLegacy(gateway.mcpUrl)]);
    const subscribe = (client: (typeof clients)[0]) =>
      client.request('resources/subscribe', '{"uri":"x:slow"}');
    // The first one twice.
    const answers = [...clients, clients[0]].map(subscribe);
    await eventually(() => asked('subscribe', 'slow') === 1);
    await clients[1].request('ping');
    answer.resolve(REFUSED);
    for (const { error } of await Promise.all(answers)) expect(error).toContain('not that one');
    says['slow'] = '{}';
    expect((await subscribe(clients[1])).result).toBe('{}');
    expect(asked('subscribe', 'slow')).toBe(2);
    // Nothing of the failure is left: its end ends it.
    await clients[0].request('resources/unsubscribe', '{"uri":"x:slow"}');
    expect(asked('unsubscribe', 'slow')).toBe(0);
    await clients[1].delete();
    await eventually(() => asked('unsubscribe', 'slow') === 1, { what: 'the last one to be let go' });
    await clients[0].delete();
  });

  test('are for sessions: who has none is not held by anybody', async () => {
    verifies('GW-05');
    const response = await fetch(gateway.mcpUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: '{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"x:passing"}}',
    });
    expect(await response.text()).toContain('initialize first');
    expect(asked('subscribe', 'passing')).toBe(0);
  });

  test('they outlive the removal of a server that comes back', async () => {
    verifies('GW-05');
    await using legacy = await openCaller('legacy', gateway.mcpUrl);
    const heard: string[] = [];
    await using _stream = await legacy.listen(['x:back'], (message) => heard.push(message));
    await using modern = await listen('back');
    expect(asked('subscribe', 'back')).toBe(1);
    const file = join(gateway.configPath, 'servers.json');
    await rename(file, `${file}.away`);
    await eventually(async () => (await gateway.servers()).length === 0, { what: 'no server' });
    await rename(`${file}.away`, file);
    await serverReady(gateway, 'one');
    await eventually(() => asked('subscribe', 'back') === 2, { what: 'the server to be asked again' });
    update('back');
    await modern.hears('back');
    await eventually(() => heard.some((one) => one.includes('"x:back"')), { what: 'the update' });
  });
});
