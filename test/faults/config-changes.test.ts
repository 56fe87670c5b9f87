// Declarations that come, change, break and go under living sessions.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiProblemListSchema } from '@tutti/schemas';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { serverReady, startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy, type LegacyClient } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo, echoOn, startBystander } from './support/calls.ts';
import { declaration, declared, faulty, type WrittenSpec } from './support/declared.ts';
import { inFlight, metric, statusOf } from './support/observe.ts';

const stack = new AsyncDisposableStack();
let gateway: Gateway;
let client: LegacyClient;
/** What the client heard on its stream. */
let heard: string[] = [];
/** Changes of tools that it heard of since the beginning. */
let total = 0;

const write = (name: string, spec: WrittenSpec): Promise<void> =>
  writeFile(join(gateway.configPath, `${name}.json`), declaration(name, spec));
const remove = (name: string): Promise<void> => rm(join(gateway.configPath, `${name}.json`));

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      files: declared({ staying: faulty(), changing: faulty({ env: { VERSION: '1' } }) }),
      waitFor: ['staying', 'changing'],
    }),
  );
  client = await openLegacy(gateway.mcpUrl);
  const stream = await client.stream({ onMessage: (message) => hear(String(message)) });
  stack.defer(() => stream.close());
  // What the start itself changed has been told when this is.
  await write('sentinel', faulty());
  for (const name of ['staying', 'changing', 'sentinel']) await listed(`${name}_echo`, true);
  await listHeard();
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);
beforeEach(() => {
  heard = [];
});

function hear(message: string): void {
  heard.push(message);
  if (message.includes('notifications/tools/list_changed')) total += 1;
}

async function toolNames(): Promise<string[]> {
  const { result = '{}' } = await client.request('tools/list');
  const tools: unknown = JSON.parse(memberText(result, 'tools') ?? '[]');
  return Array.isArray(tools) ? tools.map((tool: { name: string }) => tool.name) : [];
}

const changes = (): number => heard.filter((one) => one.includes('notifications/tools/list_changed')).length;
const listed = (name: string, is: boolean): Promise<true> =>
  eventually(async () => (await toolNames()).includes(name) === is, {
    what: `${name} ${is ? '' : 'not '}listed`,
  });

/** Waits until all that was announced has arrived: this session is the only one that listens. */
async function listHeard(): Promise<void> {
  await eventually(async () => {
    const before = await metric(gateway, 'tutti_list_changed_sent_total', 'list="tools"');
    await toolNames();
    return total === before && changes() > 0;
  });
}

test('added: listed and callable in a session from before, told once', async () => {
  verifies('CAT-03', 'SRC-01');
  const staying = await statusOf(gateway, 'staying');
  await write('added', faulty());
  await eventually(() => changes() > 0);
  await listed('added_echo', true);
  await client.request('tools/call', call('added_echo', { nonce: 1 }));
  expect((await statusOf(gateway, 'staying')).pid).toBe(staying.pid);
  expect(changes()).toBe(1);
});

test('many at once: told together', async () => {
  verifies('CAT-03');
  const names = Array.from({ length: 6 }, (_, index) => `many-${index}`);
  await Promise.all(names.map((name) => write(name, faulty())));
  for (const name of names) await listed(`${name}_echo`, true);
  await listHeard();
  heard = [];
  await Promise.all(names.map(remove));
  await eventually(async () => !(await toolNames()).some((name) => name.startsWith('many-')));
  await listHeard();
  expect(changes()).toBeLessThan(names.length);
});

test('changed: a new process with the new settings; calls under way are finished by the old one', async () => {
  verifies('SRC-01', 'SUP-10', 'GW-08');
  const url = gateway.serverUrl('changing');
  const before = await statusOf(gateway, 'changing');
  const session = await openLegacy(url);
  const slow = session.request('tools/call', call('steps', { count: 20, everyMs: 50 }));
  await eventually(async () => (await inFlight(gateway, 'changing')) === 1);
  await write('changing', faulty({ env: { VERSION: '2' } }));
  expect(memberText((await slow).result ?? '', 'structuredContent', 'count')).toBe('20');
  heard = [];
  await eventually(async () => {
    const { pid, state } = await statusOf(gateway, 'changing');
    return state === 'Running' && pid !== before.pid;
  });
  await eventually(() => echoOn(session).then(() => true));
  expect(changes()).toBe(0);
  await session.delete();
});

test('changed in words only: the process stays', async () => {
  verifies('SRC-01', 'SUP-10');
  const { pid, observedGeneration = 0 } = await statusOf(gateway, 'changing');
  await write('changing', faulty({ env: { VERSION: '2' }, description: 'the same server' }));
  await eventually(
    async () => ((await statusOf(gateway, 'changing')).observedGeneration ?? 0) > observedGeneration,
  );
  expect((await statusOf(gateway, 'changing')).pid).toBe(pid);
});

test('broken: the last good version runs on, the problem is shown with its place', async () => {
  verifies('SRC-05');
  const { pid } = await statusOf(gateway, 'changing');
  const bystander = startBystander(gateway.serverUrl('staying'));
  const file = join(gateway.configPath, 'changing.json');
  await writeFile(file, '{"apiVersion": "tutti.dev/v1alpha1",\n "kind": "MCPServer", oops');
  const [problem] = await eventually(async () => {
    const found = await problems();
    return found.length > 0 ? found : undefined;
  });
  expect(JSON.stringify(problem)).toContain('changing.json');
  expect(JSON.stringify(problem)).toMatch(/"line":2/);
  await echo(gateway.serverUrl('changing'));
  expect((await statusOf(gateway, 'changing')).pid).toBe(pid);
  await write('changing', faulty({ env: { VERSION: '2' } }));
  await eventually(async () => (await problems()).length === 0);
  expect((await statusOf(gateway, 'changing')).pid).toBe(pid);
  expect(await bystander.stop()).toBeGreaterThan(0);
});

test('removed: not listed any more, its calls end, and it can come back', async () => {
  verifies('CAT-03', 'SRC-01', 'SUP-01');
  const url = gateway.serverUrl('added');
  const hanging = modernRequest(url, 'tools/call', call('hang'));
  await eventually(async () => (await inFlight(gateway, 'added')) === 1);
  await remove('added');
  expect((await hanging).error).toContain('removed from the configuration');
  await listed('added_echo', false);
  await eventually(() => changes() > 0);
  expect((await modernRequest(url, 'tools/list')).status).toBe(404);
  const unknown = await client.request('tools/call', call('added_echo', { nonce: 1 }));
  expect(unknown.error).toContain('Unknown tool: added_echo');
  await write('added', faulty());
  await listed('added_echo', true);
  await serverReady(gateway, 'added');
  await echo(url);
});

test('one bad server of twenty does not delay the first list', async () => {
  verifies('CAT-04', 'SUP-06', 'GW-08');
  const silent = join(gateway.folder, 'silent');
  await writeFile(silent, '');
  const names = Array.from({ length: 19 }, (_, index) => `s${index}`);
  await using twenty = await startGateway({
    files: declared({
      ...Object.fromEntries(names.map((name) => [name, faulty()])),
      bad: faulty({ health: { startupTimeout: '10m' } }, '--hang-while', silent),
    }),
    waitFor: [],
  });
  const first = await modernRequest(twenty.mcpUrl, 'tools/list');
  expect(first.status).toBe(200);
  await eventually(async () => {
    const { result = '' } = await modernRequest(twenty.mcpUrl, 'tools/list');
    return names.every((name) => result.includes(`"${name}_echo"`));
  });
  expect((await statusOf(twenty, 'bad')).state).toBe('Starting');
}, 60_000);

async function problems() {
  return ApiProblemListSchema.parse(await (await fetch(`${gateway.url}/api/v1/problems`)).json()).items;
}
