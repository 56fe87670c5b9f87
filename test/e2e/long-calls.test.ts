// Calls that outlive the patience of their clients, with official SDKs and clients that say exactly what they are told.

import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createTuttiClient } from '@tutti/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.ts';
import { call } from '../faults/support/calls.ts';
import { declared, faulty } from '../faults/support/declared.ts';
import { inFlight, metric } from '../faults/support/observe.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy, type LegacyClient } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';

const TASKS = '{"elicitation":{"form":{}},"extensions":{"io.modelcontextprotocol/tasks":{}}}';
const stack = new AsyncDisposableStack();
let gateway: Gateway;
let url: string;

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      files: {
        ...declared({
          patient: faulty({ timeout: '300s' }),
          strict: faulty({ timeout: '300s', abandonedCalls: 'cancel' }),
        }),
        'gateway.json': JSON.stringify({
          apiVersion: 'tutti.dev/v1alpha1',
          kind: 'Gateway',
          metadata: { name: 'gateway' },
          spec: { limits: { longCallAfter: '500ms', resultTtl: '5m' } },
        }),
      },
      waitFor: ['patient', 'strict'],
    }),
  );
  url = gateway.mcpUrl;
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

let lastJob = 0;
const newJob = (): string => `job-${(lastJob += 1)}`;
const job = (name: string, more: Readonly<Record<string, unknown>> = {}): string =>
  call('patient_job', { name, ...more });

async function release(name: string): Promise<void> {
  await modernRequest(url, 'tools/call', call('patient_release', { name }));
}

async function started(name: string, server = 'patient'): Promise<number> {
  const { result = '' } = await modernRequest(url, 'tools/call', call(`${server}_started`, { name }));
  return Number(memberText(result, 'structuredContent', 'started'));
}

const underWay = (name: string): Promise<unknown> =>
  eventually(async () => (await started(name)) === 1, { what: 'the call to be under way' });
const held = async () => createTuttiClient({ url: gateway.url, token: gateway.token }).results();
const heldNow = (count: number): Promise<unknown> =>
  eventually(async () => (await held()).filter(({ status }) => status === 'working').length === count, {
    what: `${count} calls to be held`,
  });

/** Calls until the connection is lost. */
async function loseConnection(client: LegacyClient, name: string): Promise<void> {
  const abort = new AbortController();
  const gone = client.request('tools/call', job(name), { signal: abort.signal });
  await underWay(name);
  abort.abort();
  await gone;
}

test('a modern client that knows tasks gets one for a call that takes long', async () => {
  verifies('GW-09');
  const name = newJob();
  const { result = '' } = await modernRequest(url, 'tools/call', job(name), { capabilities: TASKS });
  expect(memberText(result, 'resultType')).toBe('"task"');
  expect(memberText(result, 'status')).toBe('"working"');
  const id = memberText(result, 'taskId') ?? '';
  const get = () => modernRequest(url, 'tasks/get', `{"taskId":${id}}`, { capabilities: TASKS });
  expect(memberText((await get()).result ?? '', 'status')).toBe('"working"');
  await release(name);
  const over = await eventually(async () => {
    const text = (await get()).result ?? '';
    return memberText(text, 'status') === '"completed"' ? text : undefined;
  });
  expect(memberText(over, 'result', 'structuredContent', 'started')).toBe('1');
  expect(memberText(over, 'result', 'resultType')).toBe('"complete"');
  // It is nobody else's, and no call is made twice.
  const other = await modernRequest(url, 'tasks/get', `{"taskId":${id}}`, {
    capabilities: TASKS,
    headers: { authorization: `Bearer ${gateway.token}` },
  });
  expect(memberText(other.error ?? '', 'code')).toBe('-32602');
  expect(await started(name)).toBe(1);
});

test('such a task asks and is answered', async () => {
  verifies('GW-09');
  const name = newJob();
  const options = { capabilities: TASKS };
  const { result = '' } = await modernRequest(url, 'tools/call', job(name, { ask: 'Which?' }), options);
  const id = memberText(result, 'taskId') ?? '';
  const status = async (): Promise<string> =>
    (await modernRequest(url, 'tasks/get', `{"taskId":${id}}`, options)).result ?? '';
  await release(name);
  const asking = await eventually(async () => {
    const text = await status();
    return memberText(text, 'status') === '"input_required"' ? text : undefined;
  });
  expect(memberText(asking, 'inputRequests', 'input-1', 'params', 'message')).toBe('"Which?"');
  const answers = '{"input-1":{"action":"accept","content":{"value":"this"}}}';
  await modernRequest(url, 'tasks/update', `{"taskId":${id},"inputResponses":${answers}}`, options);
  const over = await eventually(async () => {
    const text = await status();
    return memberText(text, 'status') === '"completed"' ? text : undefined;
  });
  const answer = memberText(over, 'result', 'structuredContent', 'answer', 'content', 'value');
  expect(answer).toBe('"this"');
});

test('such a task can be cancelled', async () => {
  verifies('GW-09');
  const name = newJob();
  const options = { capabilities: TASKS };
  const { result = '' } = await modernRequest(url, 'tools/call', job(name), options);
  const id = memberText(result, 'taskId') ?? '';
  const cancelled = await modernRequest(url, 'tasks/cancel', `{"taskId":${id}}`, options);
  expect(memberText(cancelled.result ?? '', 'resultType')).toBe('"complete"');
  const now = await modernRequest(url, 'tasks/get', `{"taskId":${id}}`, options);
  expect(memberText(now.result ?? '', 'status')).toBe('"cancelled"');
  await eventually(async () => (await inFlight(gateway, 'patient')) === 0);
});

test('who listens for such a task hears of its end', async () => {
  verifies('GW-09');
  const name = newJob();
  const options = { capabilities: TASKS };
  const { result = '' } = await modernRequest(url, 'tools/call', job(name), options);
  const id = memberText(result, 'taskId') ?? '';
  const heard: string[] = [];
  const abort = new AbortController();
  const listening = modernRequest(url, 'subscriptions/listen', `{"notifications":{"taskIds":[${id}]}}`, {
    ...options,
    signal: abort.signal,
    onMessage: (message) => heard.push(String(message)),
  });
  await eventually(() => heard.length > 0, { what: 'the acknowledgement' });
  await release(name);
  const told = await eventually(() => heard.find((text) => text.includes('notifications/tasks')));
  expect(memberText(told, 'params', 'status')).toBe('"completed"');
  expect(memberText(told, 'params', 'taskId')).toBe(id);
  abort.abort();
  await listening;
});

test('a legacy client whose connection is lost makes the call again and gets the result of the first', async () => {
  verifies('GW-09');
  const name = newJob();
  const client = await openLegacy(url);
  await loseConnection(client, name);
  await heldNow(1);
  const again = client.request('tools/call', job(name));
  await release(name);
  const { result = '' } = await again;
  expect(memberText(result, 'structuredContent', 'started')).toBe('1');
  expect(memberText(result, 'content', 0, 'text')).toContain('the same call of');
  expect(await started(name)).toBe(1);
  // What was seen is not given out again.
  expect(memberText((await client.request('tools/call', job(name))).result ?? '', 'content')).toBe('[]');
  expect(await started(name)).toBe(2);
  await client.delete();
});

test('the result is there when the same call comes after its end; nobody else takes it up', async () => {
  verifies('GW-09');
  const name = newJob();
  const [client, other] = [await openLegacy(url), await openLegacy(url)];
  await loseConnection(client, name);
  await heldNow(1);
  await release(name);
  await heldNow(0);
  expect((await other.request('tools/call', job(name))).result).toContain('"started":2');
  const { result = '' } = await client.request('tools/call', job(name));
  expect(memberText(result, 'structuredContent', 'started')).toBe('1');
  await client.delete();
  await other.delete();
});

test('a held result is read by its handle, by its principal only, and dropped', async () => {
  verifies('GW-09');
  const name = newJob();
  const client = await openLegacy(url);
  await loseConnection(client, name);
  await heldNow(1);
  const handle = (await held()).find(({ status }) => status === 'working')?.handle ?? '';
  const path = `${gateway.url}/api/v1/results/${encodeURIComponent(handle)}`;
  expect(await (await fetch(path)).json()).toMatchObject({
    status: 'working',
    server: 'patient',
    tool: 'job',
  });
  const ask = async (args: object, by = client): Promise<string> =>
    (await by.request('tools/call', call('get_result', { ...args }))).result ?? '';
  expect(memberText(await ask({}), 'content', 0, 'text')).toContain(handle.split('.')[1]);
  expect(memberText(await ask({ handle }), 'content', 0, 'text')).toContain('working');
  await release(name);
  await heldNow(0);
  expect(memberText(await ask({ handle }), 'structuredContent', 'started')).toBe('1');
  const other = await openLegacy(url, { headers: { authorization: `Bearer ${gateway.token}` } });
  expect(memberText(await ask({ handle }, other), 'isError')).toBe('true');
  await other.delete();
  const text = await (await fetch(path)).text();
  expect(memberText(text, 'status')).toBe('"completed"');
  expect(memberText(text, 'result', 'structuredContent', 'started')).toBe('1');
  expect((await fetch(`${path}x`)).status).toBe(404);
  const env = { TUTTI_URL: gateway.url, TUTTI_TOKEN: gateway.token };
  expect((await runCli(['results'], { env })).stdout).toContain(handle);
  expect((await runCli(['results', handle], { env })).stdout).toContain(`"job": "${name}"`);
  expect((await fetch(`${path}x`, { method: 'DELETE' })).status).toBe(404);
  const api = createTuttiClient({ url: gateway.url, token: gateway.token });
  expect(await api.dropResult(handle)).toMatchObject({ handle });
  expect((await fetch(path)).status).toBe(404);
  await client.delete();
});

test('a timeout of the SDK of the old era does not end the call; any other cancellation does', async () => {
  verifies('GW-09');
  const name = newJob();
  const client = new ClientV1({ name: 'impatient', version: '1.0.0' });
  await client.connect(new TransportV1(new URL(url)));
  const params = { name: 'patient_job', arguments: { name } };
  await expect(client.callTool(params, undefined, { timeout: 300 })).rejects.toThrow('timed out');
  await heldNow(1);
  const again = client.callTool(params, undefined, { timeout: 60_000 });
  await release(name);
  expect(await again).toMatchObject({ structuredContent: { started: 1 } });

  const stopped = newJob();
  const abort = new AbortController();
  const stopping = client.callTool({ name: 'patient_job', arguments: { name: stopped } }, undefined, {
    signal: abort.signal,
  });
  await underWay(stopped);
  abort.abort('the user pressed stop');
  await expect(stopping).rejects.toThrow();
  await eventually(async () => (await inFlight(gateway, 'patient')) === 0);
  await heldNow(0);
  await client.close();
});

test('a modern client without tasks that gives up late finds its result by calling again', async () => {
  verifies('GW-09');
  const name = newJob();
  const client = new Client(
    { name: 'modern-impatient', version: '1.0.0' },
    { versionNegotiation: { mode: 'auto' } },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const params = { name: 'patient_job', arguments: { name } };
  await expect(client.callTool(params, { timeout: 2_000 })).rejects.toThrow('timed out');
  await heldNow(1);
  const again = client.callTool(params, { timeout: 60_000 });
  await release(name);
  expect(await again).toMatchObject({ structuredContent: { started: 1 } });
  await client.close();
});

test('who follows the progress of a long call is told its handle', async () => {
  verifies('GW-09');
  const name = newJob();
  const client = await openLegacy(url);
  const messages: string[] = [];
  const calling = client.request('tools/call', `{"_meta":{"progressToken":"p"},${job(name).slice(1)}`, {
    id: '"followed"',
    onMessage: (message) => messages.push(String(message)),
  });
  const note = await eventually(() => messages.find((text) => text.includes('notifications/message')));
  expect(memberText(note, 'params', 'level')).toBe('"notice"');
  const handle = String(JSON.parse(memberText(note, 'params', 'data', 'handle') ?? '""'));
  await client.notify('notifications/cancelled', '{"requestId":"followed","reason":"request timeout"}');
  await calling;
  expect((await held()).find(({ status }) => status === 'working')?.handle).toBe(handle);
  await release(name);
  await heldNow(0);
  await client.delete();
});

test('where abandoned calls are to be cancelled they are', async () => {
  verifies('GW-09');
  const client = await openLegacy(url);
  const calling = client.request('tools/call', call('strict_job', { name: 'x' }), { id: '"mine"' });
  await eventually(async () => (await started('x', 'strict')) === 1);
  await client.notify('notifications/cancelled', '{"requestId":"mine","reason":"request timeout"}');
  await calling;
  await eventually(async () => (await inFlight(gateway, 'strict')) === 0);
  expect((await held()).filter(({ server }) => server === 'strict')).toEqual([]);
  expect(await metric(gateway, 'tutti_held_calls')).toBeGreaterThan(0);
  await client.delete();
});
