// What calls come to that outlive the patience of their clients, over a restart of Tutti; and calls of all members of a
// family, which are held as one.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createTuttiClient } from '@tutti/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../faults/support/calls.ts';
import { declared, faulty } from '../faults/support/declared.ts';
import { inFlight } from '../faults/support/observe.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy, type LegacyClient } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';

const TASKS = { capabilities: '{"extensions":{"io.modelcontextprotocol/tasks":{}}}' };
const SERVERS = ['one', 'a', 'b', 'c'];
const stack = new AsyncDisposableStack();
let folder: string;
let gateway: Gateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-held-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const member = faulty({
    timeout: '300s',
    family: { name: 'all', instanceArg: 'where', fanOut: true },
  });
  gateway = await startGateway({
    folder,
    files: {
      ...declared({ one: faulty({ timeout: '300s' }), a: member, b: member, c: member }),
      'gateway.json': JSON.stringify({
        apiVersion: 'tutti.dev/v1alpha1',
        kind: 'Gateway',
        metadata: { name: 'gateway' },
        spec: { limits: { longCallAfter: '500ms', resultTtl: '5m' } },
      }),
    },
    waitFor: SERVERS,
  });
  stack.defer(() => gateway.close());
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

async function restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const port = Number(new URL(gateway.url).port);
  process.kill(gateway.pid, signal);
  await gateway.process.ended;
  gateway = await startGateway({ folder, port, waitFor: SERVERS });
}

const results = () => createTuttiClient({ url: gateway.url, token: gateway.token }).results();
const modern = (method: string, params: string, options = {}) =>
  modernRequest(gateway.mcpUrl, method, params, options);

function writtenResults(): string[] {
  using database = new DatabaseSync(join(folder, 'state', 'tutti.db'), { readOnly: true });
  return database
    .prepare('select record from results_records')
    .all()
    .map(({ record }) => String(record));
}

/** Waits until a row of the store is like this: what is not written yet is lost in a kill. */
const isWritten = (text: RegExp): Promise<unknown> =>
  eventually(() => writtenResults().some((record) => text.test(record)), {
    what: `${text.source} to be written`,
  });

async function started(name: string, server: string): Promise<number> {
  const [prefix, more] = SERVERS.slice(1).includes(server) ? ['all', { where: server }] : [server, {}];
  const { result = '' } = await modern('tools/call', call(`${prefix}_started`, { name, ...more }));
  return Number(memberText(result, 'structuredContent', 'started'));
}

async function release(name: string, ...servers: readonly string[]): Promise<void> {
  for (const where of servers) {
    const tool = where === 'one' ? call('one_release', { name }) : call('all_release', { name, where });
    await modern('tools/call', tool);
  }
}

/** Calls until the connection is lost, when the call is under way at these servers. */
async function lose(client: LegacyClient, params: string, name: string, ...servers: readonly string[]) {
  const abort = new AbortController();
  const gone = client.request('tools/call', params, { signal: abort.signal });
  for (const server of servers) await eventually(async () => (await started(name, server)) > 0);
  abort.abort();
  await gone;
  return eventually(async () => (await results()).findLast(({ status }) => status === 'working')?.handle);
}

test('a call of all members becomes a task of a client that knows tasks', async () => {
  verifies('GW-09', 'FAM-04');
  const all = call('all_job', { name: 'task', where: '*' });
  const { result = '' } = await modern('tools/call', all, TASKS);
  expect(memberText(result, 'resultType')).toBe('"task"');
  const id = memberText(result, 'taskId') ?? '';
  const get = async () => (await modern('tasks/get', `{"taskId":${id}}`, TASKS)).result ?? '';
  await release('task', 'a', 'b');
  expect(memberText(await get(), 'status')).toBe('"working"');
  await release('task', 'c');
  const over = await eventually(async () => {
    const text = await get();
    return memberText(text, 'status') === '"completed"' ? text : undefined;
  });
  for (const name of ['a', 'b', 'c'])
    expect(memberText(over, 'result', 'structuredContent', 'instances', name, 'started')).toBe('1');

  const stopped = (await modern('tools/call', call('all_job', { name: 'stop', where: '*' }), TASKS)).result;
  const stop = `{"taskId":${memberText(stopped ?? '', 'taskId')}}`;
  await modern('tasks/cancel', stop, TASKS);
  for (const name of ['a', 'b', 'c']) await eventually(async () => (await inFlight(gateway, name)) === 0);
  expect(memberText((await modern('tasks/get', stop, TASKS)).result ?? '', 'status')).toBe('"cancelled"');
});

test('who loses a call of all members takes it up by making it again, twice if need be', async () => {
  verifies('GW-09', 'FAM-04');
  const client = await openLegacy(gateway.mcpUrl);
  const params = call('all_job', { name: 'lost', where: '*' });
  const handle = await lose(client, params, 'lost', 'a', 'b', 'c');
  expect(handle).not.toContain(' ');
  expect((await results()).find((one) => one.handle === handle)).toMatchObject({
    server: 'family all',
    tool: 'job',
  });
  const abort = new AbortController();
  const second = client.request('tools/call', params, { signal: abort.signal });
  await release('lost', 'a');
  abort.abort();
  await second;
  const third = client.request('tools/call', params);
  await release('lost', 'b', 'c');
  const { result = '' } = await third;
  for (const name of ['a', 'b', 'c']) {
    expect(memberText(result, 'structuredContent', 'instances', name, 'started')).toBe('1');
    expect(await started('lost', name)).toBe(1);
  }
  expect(memberText(result, 'content', 3, 'text')).toContain('the same call of');
  await client.delete();
});

test('after a kill results that came are there, and what was under way says that nobody knows', async () => {
  verifies('GW-09');
  const client = await openLegacy(gateway.mcpUrl, { clientInfo: '{"name":"killed","version":"1"}' });
  const done = await lose(client, call('one_job', { name: 'done' }), 'done', 'one');
  await release('done', 'one');
  const cut = await lose(client, call('all_job', { name: 'cut', where: '*' }), 'cut', 'a', 'b', 'c');
  const task = (await modern('tools/call', call('one_job', { name: 'task' }), TASKS)).result ?? '';
  const taskId = memberText(task, 'taskId');
  await isWritten(/"job\\":\\"done/);
  await isWritten(/"server":"family all".*"isTask":false,"isSeen":false}$/);
  await isWritten(/"isTask":true,"isSeen":false}$/);
  await restart('SIGKILL');

  // The same call hears so, and is not made anew before that.
  const again = call('all_job', { name: 'cut', where: '*' });
  const { error = '' } = await client.request('tools/call', again);
  expect(memberText(error, 'data', 'kind')).toBe('"outcome_unknown"');
  for (const name of ['a', 'b', 'c']) expect(await started('cut', name)).toBe(0);

  const ask = async (args: object, by = client): Promise<string> =>
    (await by.request('tools/call', call('get_result', { ...args }))).result ?? '';
  expect(memberText(await ask({ handle: done }), 'structuredContent')).toContain('"job":"done"');
  const lost = await ask({ handle: cut });
  expect(memberText(lost, 'isError')).toBe('true');
  expect(lost).toContain('Tutti was restarted while family all was at the call');
  const other = await openLegacy(gateway.mcpUrl, { headers: { authorization: `Bearer ${gateway.token}` } });
  expect(await ask({ handle: done }, other)).toContain('There is no result under this handle');
  const path = `${gateway.url}/api/v1/results/${encodeURIComponent(cut)}`;
  const shown = await (await fetch(path)).text();
  expect(memberText(shown, 'status')).toBe('"failed"');
  expect(memberText(shown, 'error', 'data', 'kind')).toBe('"outcome_unknown"');

  const unknown = (await modern('tasks/get', `{"taskId":${taskId}}`, TASKS)).result ?? '';
  expect(memberText(unknown, 'status')).toBe('"failed"');
  expect(memberText(unknown, 'error', 'code')).toBe('-32007');
  await other.delete();
  await client.delete();
}, 120_000);

test('a call that a stop cuts off is unknown, too; of what was never written only the reason is told', async () => {
  verifies('GW-09');
  const client = await openLegacy(gateway.mcpUrl, { clientInfo: '{"name":"stopped","version":"1"}' });
  const handle = await lose(client, call('one_job', { name: 'stop' }), 'stop', 'one');
  await restart('SIGTERM');
  const { length } = writtenResults();
  const path = (of: string): string => `${gateway.url}/api/v1/results/${encodeURIComponent(of)}`;
  const shown = await (await fetch(path(handle))).text();
  expect(memberText(shown, 'error', 'data', 'kind')).toBe('"outcome_unknown"');
  await createTuttiClient({ url: gateway.url, token: gateway.token }).dropResult(handle);
  await eventually(() => writtenResults().length < length, { what: 'it to be gone from the store' });
  await restart('SIGKILL');
  const gone = await client.request('tools/call', call('get_result', { handle }));
  expect(gone.result).toContain('Tutti was restarted since this handle was given out');
  expect((await fetch(path(`${handle.slice(0, -1)}_`))).status).toBe(404);
  await client.delete();
}, 120_000);
