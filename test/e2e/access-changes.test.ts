// What becomes of things that were begun before keys, policies and toolsets changed: results, tasks, sessions, bodies.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { call } from '../faults/support/calls.ts';
import { declared, faulty } from '../faults/support/declared.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { openSlowPost } from '../support/slow-post.ts';
import { verifies } from '../verifies.ts';
import { asked, bearer, gatewayText, hashedKey, leaveCall } from './key-world.ts';

const ALICE = 'alice-has-a-long-secret-indeed';
const NEXT = 'the-next-alice-has-another-secret';
const BOB = 'bob-has-a-long-secret-as-well';
const bob = hashedKey('bob', BOB, 'dev');
const LIMITS = { longCallAfter: '300ms', resultTtl: '5m' };
const OPEN = { limits: LIMITS, auth: { required: true, keys: [hashedKey('alice', ALICE, 'dev'), bob] } };
const TASKS = '{"extensions":{"io.modelcontextprotocol/tasks":{}}}';
const WAIT_FOR = ['patient'];

const stack = new AsyncDisposableStack();
let folder: string;
let gateway: Gateway;

const ask = (key: string | undefined, path: string, method?: 'GET' | 'POST' | 'DELETE') =>
  asked(gateway.url, key, path, method);
const declare = (spec: object): Promise<void> =>
  writeFile(join(folder, 'config', 'gateway.json'), gatewayText(spec));
const toolset = (roles: readonly string[]): string =>
  JSON.stringify({
    apiVersion: 'tutti.dev/v1alpha1',
    kind: 'Toolset',
    metadata: { name: 'few' },
    spec: { access: { roles } },
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-access-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  gateway = await startGateway({
    folder,
    files: {
      ...declared({ patient: faulty({ timeout: '300s' }) }),
      'gateway.json': gatewayText({ limits: LIMITS }),
      'set.json': toolset(['dev']),
    },
    waitFor: WAIT_FOR,
  });
  stack.defer(() => gateway.close());
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);
beforeEach(async () => {
  await declare(OPEN);
  await eventually(async () => (await ask(undefined, '/api/v1/results')).status === 401);
  await eventually(async () => (await ask(ALICE, '/api/v1/results')).status === 200);
});

let lastJob = 0;
const newJob = (): string => `job-${(lastJob += 1)}`;
async function started(name: string): Promise<boolean> {
  const params = call('patient_started', { name });
  const { result = '' } = await modernRequest(gateway.mcpUrl, 'tools/call', params, { headers: bearer(BOB) });
  return memberText(result, 'structuredContent', 'started') === '1';
}
const leave = (name: string, key = ALICE) =>
  leaveCall(gateway.mcpUrl, key, call('patient_job', { name }), () => started(name));
const results = async (key: string): Promise<readonly { handle: string; status: string }[]> =>
  JSON.parse((await ask(key, '/api/v1/results')).text).items;

async function resultOf(key: string): Promise<string> {
  const found = await eventually(async () => (await results(key)).at(-1), { what: 'a held call' });
  return found.handle;
}

test('a key without roles reads and drops its own results, and nothing else', async () => {
  verifies('GW-09', 'SEC-03');
  const key = 'nora-has-no-roles-but-a-key';
  await declare({ ...OPEN, auth: { required: true, keys: [...OPEN.auth.keys, hashedKey('nora', key)] } });
  await eventually(async () => (await ask(key, '/api/v1/results')).status === 200);
  const client = await leave(newJob(), key);
  const handle = await resultOf(key);
  expect((await ask(key, `/api/v1/results/${handle}`)).text).toContain('"working"');
  for (const [method, path] of [
    ['GET', '/api/v1/servers'],
    ['GET', '/api/v1/results/x/y'],
    ['POST', '/api/v1/results'],
    ['GET', '/metrics'],
  ] as const)
    expect([path, (await ask(key, path, method)).status]).toEqual([path, 403]);
  expect((await ask(undefined, `/api/v1/results/${handle}`)).status).toBe(401);
  expect((await ask(BOB, `/api/v1/results/${handle}`, 'DELETE')).status).toBe(404);
  expect((await ask(key, `/api/v1/results/${handle}`, 'DELETE')).status).toBe(200);
  expect(await results(key)).toEqual([]);
  await client.delete();
});

test('a result is not given out once its tool is denied, by none of the ways to it', async () => {
  verifies('GW-09', 'SEC-03', 'GW-23');
  const name = newJob();
  const modern = { headers: bearer(ALICE), capabilities: TASKS };
  const made = await modernRequest(gateway.mcpUrl, 'tools/call', call('patient_job', { name }), modern);
  const task = String(JSON.parse(memberText(made.result ?? '', 'taskId') ?? '""'));
  const about = (method: string) =>
    modernRequest(gateway.mcpUrl, method, JSON.stringify({ taskId: task }), modern);
  expect((await about('tasks/get')).result).toContain('"working"');
  const client = await openLegacy(gateway.mcpUrl, { headers: bearer(ALICE) });
  const fetchIt = async (): Promise<string> =>
    (await client.request('tools/call', call('get_result', { handle: task }))).result ?? '';
  expect(memberText(await fetchIt(), 'isError')).toBeUndefined();
  await declare({ ...OPEN, policies: [{ roles: ['dev'], tools: ['job'], effect: 'deny' }] });
  await eventually(async () => (await results(ALICE)).length === 0);
  expect((await about('tasks/get')).error).toContain('Unknown task');
  expect((await about('tasks/cancel')).error).toContain('Unknown task');
  expect(memberText(await fetchIt(), 'isError')).toBe('true');
  expect((await ask(ALICE, `/api/v1/results/${task}`)).status).toBe(404);
  expect((await results(gateway.token)).some(({ handle }) => handle === task)).toBe(true);
  await declare(OPEN);
  await eventually(async () => (await results(ALICE)).length > 0);
  expect((await about('tasks/get')).result).toContain('"working"');
  expect((await ask(ALICE, `/api/v1/results/${task}`, 'DELETE')).status).toBe(200);
  await client.delete();
});

test('who gets the name of a key that is gone gets nothing that was its', async () => {
  verifies('SEC-05', 'SES-03');
  const client = await leave(newJob());
  const stream = await client.stream();
  await resultOf(ALICE);
  const keys = [hashedKey('alice', NEXT, 'dev'), bob];
  await declare({ ...OPEN, auth: { required: true, keys } });
  await eventually(async () => (await ask(NEXT, '/api/v1/results')).status === 200);
  await stream.ended;
  expect(await results(NEXT)).toEqual([]);
  const headers = { ...bearer(NEXT), 'mcp-session-id': client.sessionId ?? '' };
  expect((await client.request('tools/list', '{}', { headers })).status).toBe(404);
});

test('the same over a restart: a session is bound to its key, not to the name', async () => {
  verifies('SEC-05', 'SES-03');
  const [alices, bobs] = [
    await openLegacy(gateway.mcpUrl, { headers: bearer(ALICE) }),
    await openLegacy(gateway.mcpUrl, { headers: bearer(BOB) }),
  ];
  const port = Number(new URL(gateway.url).port);
  process.kill(gateway.pid, 'SIGTERM');
  await gateway.process.ended;
  const keys = [
    hashedKey('alice', NEXT, 'dev'),
    { ...bob, secret: [hashedKey('x', NEXT + 2).secret, bob.secret] },
  ];
  await declare({ ...OPEN, auth: { required: true, keys } });
  gateway = await startGateway({ folder, port, waitFor: WAIT_FOR });
  const with_ = (key: string, id: string | undefined) => ({
    headers: { ...bearer(key), 'mcp-session-id': id ?? '' },
  });
  expect((await alices.request('tools/list', '{}', with_(NEXT, alices.sessionId))).status).toBe(404);
  // A key that is being replaced is still the same.
  expect((await bobs.request('tools/list', '{}', with_(NEXT + 2, bobs.sessionId))).status).toBe(200);
  expect((await bobs.request('tools/list', '{}', with_(BOB, bobs.sessionId))).status).toBe(200);
}, 120_000);

test('a toolset that is closed while the body of a request comes is closed for that request', async () => {
  verifies('CAT-05', 'SEC-03');
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const url = `${gateway.url}/mcp/sets/few`;
  const [slow, kept] = [
    openSlowPost(url, bearer(BOB), body),
    openSlowPost(gateway.mcpUrl, bearer(BOB), body),
  ];
  expect((await modernRequest(url, 'tools/list', '{}', { headers: bearer(BOB) })).status).toBe(200);
  await writeFile(join(folder, 'config', 'set.json'), toolset(['ops']));
  await eventually(
    async () => (await modernRequest(url, 'tools/list', '{}', { headers: bearer(BOB) })).status === 404,
  );
  expect(await slow.finish()).toContain('not here for you any more');
  expect(await kept.finish()).toContain('"tools"');
});
