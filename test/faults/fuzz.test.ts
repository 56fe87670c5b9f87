// Messages that nobody would write, from clients and from servers: every request is answered, the process lives on, and
// others are served. The seed of a failure is in its message.

import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo, echoOn } from './support/calls.ts';
import { declared, faulty } from './support/declared.ts';
import { inFlight, statusOf } from './support/observe.ts';

const RUNS = 8000;
const METHODS = [
  'initialize',
  'ping',
  'server/discover',
  'subscriptions/listen',
  'tools/list',
  'tools/call',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/read',
  'resources/templates/list',
  'resources/subscribe',
  'resources/unsubscribe',
  'completion/complete',
  'logging/setLevel',
  'tasks/get',
  'tasks/list',
  'tasks/result',
  'tasks/cancel',
  'tasks/update',
  'elicitation/create',
  'sampling/createMessage',
  'roots/list',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/message',
  'notifications/initialized',
  'notifications/tools/list_changed',
  'notifications/resources/updated',
  'notifications/elicitation/complete',
];
const MEMBERS = [
  'name',
  'uri',
  'cursor',
  'taskId',
  'requestState',
  'inputResponses',
  'arguments',
  'ref',
  'level',
  'task',
  'requestId',
  'progressToken',
  'progress',
  'data',
  'protocolVersion',
  'capabilities',
  'clientInfo',
  '_meta',
  'notifications',
  'method',
  'params',
  'status',
  'resultType',
  'inputRequests',
  'message',
  'code',
  'tools',
];
const ENVELOPE = [
  'progressToken',
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientCapabilities',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/logLevel',
  'io.modelcontextprotocol/subscriptionId',
  'io.modelcontextprotocol/related-task',
];

const text = fc.oneof(
  fc.constantFrom(
    '2025-11-25',
    '2025-03-26',
    '2026-07-28',
    'echo',
    'hang',
    '',
    'debug',
    'faulty://x',
    'complete',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const scalar = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const anything: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...MEMBERS, ...ENVELOPE), tie('value'), { maxKeys: 4 }),
  ),
})).value;
const params = fc.oneof(
  fc.constant(undefined),
  anything,
  fc.record(
    Object.fromEntries(
      MEMBERS.map((member) => [member, member === '_meta' ? metaOf(anything) : fc.oneof(text, anything)]),
    ),
    { requiredKeys: [] },
  ),
);
const id = fc.oneof(fc.nat(20), text, fc.constantFrom(undefined, null, -1, 1.5, 1e20), anything);
const request = fc.record({ jsonrpc: fc.constant('2.0'), id, method: fc.constantFrom(...METHODS), params });
const response = fc.record(
  { jsonrpc: fc.constant('2.0'), id, result: params, error: params },
  { requiredKeys: ['jsonrpc', 'id'] },
);
const message = fc.oneof({ weight: 4, arbitrary: request }, response, anything);

function metaOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.dictionary(fc.constantFrom(...ENVELOPE), fc.oneof(text, value), { maxKeys: 5 });
}

const stack = new AsyncDisposableStack();
let gateway: Gateway;

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      files: declared({
        bystander: faulty(),
        // A call of a tool that hangs is one of the things that chance may come up with.
        fuzzed: faulty({ timeout: '1s' }),
      }),
      waitFor: ['bystander', 'fuzzed'],
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

test('from clients', { timeout: 60_000 }, async () => {
  verifies('GW-07', 'GW-08');
  const client = await openLegacy(gateway.serverUrl('fuzzed'), { capabilities: '{"elicitation":{}}' });
  const urls = [gateway.mcpUrl, gateway.serverUrl('fuzzed')];
  const sessions: Record<string, string>[] = [{}, { 'mcp-session-id': client.sessionId ?? '' }];
  const versions: Record<string, string>[] = [
    {},
    { 'mcp-protocol-version': '2026-07-28' },
    { 'mcp-protocol-version': '2025-11-25' },
  ];
  const post = fc.asyncProperty(
    fc.oneof(message, fc.array(message, { maxLength: 3 })),
    fc.constantFrom(...urls),
    fc.constantFrom(...sessions),
    fc.constantFrom(...versions),
    async (sent, url, session, version) => {
      const named = METHODS.find((method) => JSON.stringify(sent).includes(JSON.stringify(method)));
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...session,
          ...version,
          ...(named === undefined ? {} : { 'mcp-method': named }),
        },
        body: JSON.stringify(sent),
      });
      expect(response.status).toBeLessThan(504);
      // A stream of changes does not end by itself.
      if (response.headers.get('content-type') === 'text/event-stream') await response.body?.cancel();
      else await response.arrayBuffer();
    },
  );
  await fc.assert(post, { numRuns: RUNS, endOnFailure: true });
  expect(gateway.process.child.exitCode).toBeNull();
  await echo(gateway.serverUrl('bystander'));
  await echo(gateway.serverUrl('fuzzed'));
  expect(await inFlight(gateway, 'fuzzed')).toBe(0);
});

test('from modern clients', { timeout: 60_000 }, async () => {
  verifies('GW-07', 'GW-08');
  const members = MEMBERS.filter((member) => member !== '_meta');
  const object = fc.dictionary(fc.constantFrom(...members), fc.oneof(text, anything), { maxKeys: 5 });
  const send = fc.asyncProperty(
    fc.constantFrom(...METHODS),
    object,
    fc.boolean(),
    async (method, sent, federated) => {
      const url = federated ? gateway.mcpUrl : gateway.serverUrl('fuzzed');
      const abort = new AbortController();
      const answer = await modernRequest(url, method, JSON.stringify(sent), {
        capabilities: '{"elicitation":{}}',
        signal: abort.signal,
        onMessage: (one) => void (one.includes('subscriptions/acknowledged') && abort.abort()),
      });
      expect(answer.aborted || answer.status > 0).toBe(true);
    },
  );
  await fc.assert(send, { numRuns: RUNS, endOnFailure: true });
  await echo(gateway.serverUrl('bystander'));
  await echo(gateway.serverUrl('fuzzed'));
});

test('from servers', { timeout: 60_000 }, async () => {
  verifies('SUP-06', 'GW-08');
  const client = await openLegacy(gateway.serverUrl('fuzzed'), {
    capabilities: '{"elicitation":{},"sampling":{},"roots":{}}',
  });
  const { pid } = await statusOf(gateway, 'fuzzed');
  const say = fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 20 }), async (said) => {
    const lines = said.map((one) => JSON.stringify(one));
    const answer = await client.request('tools/call', call('say', { lines }));
    // One of the lines may have answered this very call.
    expect(answer.response).toBeDefined();
  });
  await fc.assert(say, { numRuns: RUNS, endOnFailure: true });
  await echoOn(client);
  await echo(gateway.serverUrl('bystander'));
  expect((await statusOf(gateway, 'fuzzed')).pid).toBe(pid);
  expect(memberText((await client.request('tools/list')).result ?? '', 'tools')).toBeDefined();
});
