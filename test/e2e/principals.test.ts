// Keys, roles and policies through a running gateway: who may come in, what they see, and what a change of the
// declaration does to those who are in.

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand } from '../support/fixture.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { startProcess } from '../support/process.ts';
import { openStdio } from '../support/raw-stdio.ts';
import { exchange } from '../support/raw-http.ts';
import { openSlowPost, type SlowPost } from '../support/slow-post.ts';
import { initializeSse, openSse } from '../support/sse-client.ts';
import { verifies } from '../verifies.ts';
import { connectWithKey, GENERATIONS } from './key-clients.ts';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/tutti.js', import.meta.url));
const ALICE = 'alice-has-a-long-secret';
const ALICE_NEXT = 'alice-has-another-secret';
const BOB = 'bob-has-a-long-secret-too';
const VERA = 'vera-may-look-at-everything';
const ROOT = 'root-may-do-whatever-he-likes';
const GREET = 'test_simple_text';

const alice = { name: 'alice', secret: '${ALICE_KEY}', roles: ['dev'] };
const bob = {
  name: 'bob',
  secret: `sha256:${createHash('sha256').update(BOB).digest('hex')}`,
  roles: ['ops'],
};
const vera = { name: 'vera', secret: '${VERA_KEY}', roles: ['viewer'] };
const root = { name: 'root', secret: '${ROOT_KEY}', roles: ['admin'] };
const KEYS = [alice, bob, vera, root];
const POLICIES = [
  { roles: ['dev'], servers: ['one'], tools: [GREET], effect: 'allow' },
  { roles: ['dev'], servers: ['one'], effect: 'deny' },
  { principals: ['bob'], servers: ['two'], effect: 'deny' },
  { principals: ['vera'], destructive: true, effect: 'deny' },
];

/** What `tutti up` says that does not start with this Gateway where others can reach it. */
async function refusedStart(text: string): Promise<string> {
  const file = join(gateway.folder, 'refused.json');
  await writeFile(file, text);
  const args = [
    BIN,
    'up',
    file,
    '--host',
    '0.0.0.0',
    '--port',
    '0',
    '--state',
    join(gateway.folder, 'refused'),
  ];
  const refused = startProcess(process.execPath, args, {});
  await eventually(() => refused.child.exitCode !== null, { timeoutMs: 60_000 });
  await refused.close();
  return refused.output();
}

const stack = new AsyncDisposableStack();
let gateway: Gateway;

const document = (kind: string, name: string, spec: object): string =>
  JSON.stringify({ apiVersion: 'tutti.dev/v1alpha1', kind, metadata: { name }, spec });
const settings = (spec: object): string => document('Gateway', 'gateway', spec);
const declare = (spec: object): Promise<void> =>
  writeFile(join(gateway.configPath, 'gateway.json'), settings(spec));
const DECLARED = { auth: { keys: KEYS }, policies: POLICIES };

const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

async function namesFor(key: string | undefined, url = gateway.mcpUrl): Promise<readonly string[]> {
  const { result = '{"tools":[]}' } = await modernRequest(url, 'tools/list', '{}', { headers: bearer(key) });
  const { tools }: { tools: { name: string }[] } = JSON.parse(result);
  return tools.map(({ name }) => name);
}

const errorFor = async (
  key: string | undefined,
  method: string,
  params: string,
  url = gateway.mcpUrl,
): Promise<string | undefined> => (await modernRequest(url, method, params, { headers: bearer(key) })).error;

type Method = 'GET' | 'POST' | 'DELETE';
const METHODS: readonly Method[] = ['GET', 'POST', 'DELETE'];
const statusFor = async (key: string | undefined, path: string, method: Method = 'GET'): Promise<number> =>
  (await exchange(`${gateway.url}${path}`, { method, headers: bearer(key) })).status;

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      servers: { one: fixtureCommand('both'), two: fixtureCommand('legacy') },
      files: {
        'gateway.json': settings(DECLARED),
        'set.json': document('Toolset', 'ops', { servers: ['one'], access: { roles: ['ops'] } }),
      },
      env: { ALICE_KEY: ALICE, ALICE_NEXT, VERA_KEY: VERA, ROOT_KEY: ROOT },
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);
beforeEach(async () => {
  await declare(DECLARED);
  await eventually(
    async () => (await namesFor(ALICE)).filter((name) => name.startsWith('one_')).length === 1,
  );
});

describe.each(GENERATIONS)('%s', (generation) => {
  const open = (key: string | undefined, url = gateway.mcpUrl) => connectWithKey(generation, url, key);

  test('sees and calls what its key may', async () => {
    verifies('GW-23', 'SEC-01', 'SEC-03');
    await using dev = await open(ALICE);
    await using ops = await open(BOB);
    await using anybody = await open(undefined);
    const [seenByDev, seenByOps, seenByAll] = [await dev.tools(), await ops.tools(), await anybody.tools()];
    expect(seenByDev.filter((name) => name.startsWith('one_'))).toEqual([`one_${GREET}`]);
    expect(seenByDev).toContain(`two_${GREET}`);
    expect(seenByOps.filter((name) => name.startsWith('two_'))).toEqual([]);
    expect(seenByOps.length).toBeGreaterThan(10);
    expect(seenByAll.length).toBeGreaterThan(seenByOps.length);
    expect((await dev.call(`one_${GREET}`)).isError).toBe(false);
    await expect(dev.call('one_test_error_handling')).rejects.toThrow(
      'Unknown tool: one_test_error_handling',
    );
    await expect(ops.call(`two_${GREET}`)).rejects.toThrow(`Unknown tool: two_${GREET}`);
  });

  test('with a wrong key does not come in', async () => {
    verifies('SEC-01');
    await expect(open('nobody-has-this-one-at-all')).rejects.toThrow();
  });

  test('finds a server or a toolset only where it may', async () => {
    verifies('CAT-05', 'GW-01');
    await using own = await open(ALICE, gateway.serverUrl('one'));
    expect(await own.tools()).toEqual([GREET]);
    await expect(own.call('test_error_handling')).rejects.toThrow('Unknown tool');
    await expect(open(BOB, gateway.serverUrl('two'))).rejects.toThrow();
    await using set = await open(BOB, `${gateway.mcpUrl}/sets/ops`);
    expect(await set.tools()).toContain(`one_${GREET}`);
    await expect(open(ALICE, `${gateway.mcpUrl}/sets/ops`)).rejects.toThrow();
  });
});

test('a wrong key is told so the way that clients understand, on every way in', async () => {
  verifies('SEC-01');
  const paths = ['/mcp', '/mcp/one', '/mcp/sets/ops', '/sse', '/messages?sessionId=x', '/api/v1/servers'];
  for (const path of paths)
    for (const method of METHODS) {
      const answer = await exchange(`${gateway.url}${path}`, { method, headers: bearer('a-wrong-key') });
      expect([path, method, answer.status]).toEqual([path, method, 401]);
      expect(answer.headers['www-authenticate']).toContain('Bearer realm="tutti", error="invalid_token"');
    }
});

test('what is denied is found in no other way', async () => {
  verifies('GW-23');
  const call = (tool: string, args: object): string => JSON.stringify({ name: tool, arguments: args });
  const search = `${gateway.mcpUrl}?mode=search`;
  const ask = async (tool: string, args: object): Promise<string> => {
    const answer = await modernRequest(search, 'tools/call', call(tool, args), { headers: bearer(ALICE) });
    return `${answer.result}${answer.error}`;
  };
  expect(await ask('search_tools', { query: 'simple text' })).toContain(`one_${GREET}`);
  expect(await ask('search_tools', { query: 'error handling' })).not.toContain('one_test_error_handling');
  expect(await ask('filter_tools', { pattern: 'one_*' })).toContain('\\"total\\":1');
  expect(await ask('describe_tool', { name: 'one_test_error_handling' })).toContain('"isError":true');
  expect(await ask('call_tool', { name: 'one_test_error_handling', arguments: {} })).toContain(
    'Unknown tool',
  );
  expect(await ask('list_core_tools', {})).toContain('\\"total\\":0');
  // A rule without tools is about prompts and resources, too.
  expect(await errorFor(ALICE, 'prompts/get', '{"name":"one_test_simple_prompt"}')).toContain(
    'Unknown prompt',
  );
  expect(await errorFor(undefined, 'prompts/get', '{"name":"one_test_simple_prompt"}')).toBeUndefined();
  const own = gateway.serverUrl('one');
  expect(await errorFor(ALICE, 'prompts/get', '{"name":"test_simple_prompt"}', own)).toContain(
    'Unknown prompt',
  );
  expect(await errorFor(ALICE, 'resources/read', '{"uri":"test://static-text"}', own)).toContain('not found');
  const tools = await fetch(`${gateway.url}/api/v1/tools?server=one`, { headers: bearer(ALICE) });
  expect(await tools.json()).toMatchObject({ items: [{ name: GREET }] });
});

test('a tool that says nothing of its effects counts as destructive', async () => {
  verifies('GW-21');
  // The only ones that say that they destroy nothing.
  expect(await namesFor(VERA)).toEqual(['one_vendor', 'two_vendor']);
  expect((await namesFor(undefined)).length).toBeGreaterThan(10);
});

test('a key is replaced without a restart, with both in force for a while', async () => {
  verifies('SEC-01', 'SEC-05');
  const pid = gateway.pid;
  await declare({ ...DECLARED, auth: { keys: [{ ...alice, secret: ['${ALICE_KEY}', '${ALICE_NEXT}'] }] } });
  await eventually(async () => (await namesFor(ALICE_NEXT)).length > 0);
  expect((await namesFor(ALICE)).length).toBeGreaterThan(0);
  await declare({ ...DECLARED, auth: { keys: [{ ...alice, secret: '${ALICE_NEXT}' }] } });
  await eventually(async () => (await statusFor(ALICE, '/api/v1/servers')) === 401);
  expect((await namesFor(ALICE_NEXT)).length).toBeGreaterThan(0);
  expect(gateway.pid).toBe(pid);
});

test('a conversation goes on with what its key may now, and ends with its key', async () => {
  verifies('GW-23', 'SEC-05');
  const session = await openLegacy(gateway.mcpUrl, { headers: bearer(ALICE) });
  const stream = await session.stream();
  const heard: string[] = [];
  await declare({ ...DECLARED, policies: [{ roles: ['dev'], servers: ['two'], effect: 'deny' }] });
  await eventually(() => stream.messages.some((message) => String(message).includes('tools/list_changed')));
  const listed = await session.request('tools/list');
  expect(listed.result).toContain('"one_test_error_handling"');
  expect(listed.result).not.toContain('"two_');
  const listening = modernRequest(
    gateway.mcpUrl,
    'subscriptions/listen',
    '{"notifications":{"toolsListChanged":true}}',
    { headers: bearer(ALICE), onMessage: (message) => heard.push(String(message)) },
  );
  await eventually(() => heard.length > 0);
  await declare({ ...DECLARED, auth: { keys: [bob] } });
  await stream.ended;
  expect((await listening).result).toContain('"resultType":"complete"');
  expect(await statusFor(ALICE, '/mcp', 'DELETE')).toBe(401);
});

test('a stream that was opened before a change shows what its key may now', async () => {
  verifies('GW-23');
  await using early = await openSse(`${gateway.url}/sse`, bearer(ROOT));
  await using late = await openSse(`${gateway.url}/sse`, bearer(ALICE));
  const keys = KEYS.map((key) => (key === root ? { ...root, roles: ['dev'] } : key));
  await declare({ auth: { keys }, policies: [{ roles: ['dev'], servers: ['two'], effect: 'deny' }] });
  await eventually(async () => (await statusFor(ROOT, '/api/v1/reload', 'POST')) === 403);
  for (const client of [early, late]) {
    await initializeSse(client);
    const listed = await client.request('tools/list');
    expect(listed).toContain('"one_test_error_handling"');
    expect(listed).not.toMatch(/"(?:two_|core_)/);
  }
  await using gone = await openSse(`${gateway.url}/sse`, bearer(BOB));
  await declare({ ...DECLARED, auth: { keys: [root] } });
  await eventually(async () => (await statusFor(BOB, '/mcp', 'DELETE')) === 401);
  expect((await gone.post('{"jsonrpc":"2.0","id":1,"method":"initialize"}')).status).toBe(401);
});

test('a change counts for a request whose body is still on its way', async () => {
  verifies('GW-23', 'SEC-05');
  const slow = (key: string, body: string): SlowPost => openSlowPost(gateway.mcpUrl, bearer(key), body);
  const call = (tool: string): string =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } });
  const [core, bobs, alices] = [
    slow(ROOT, call('core_config_get')),
    slow(BOB, call(`one_${GREET}`)),
    slow(ALICE, call(`two_${GREET}`)),
  ];
  // A later request is answered, so the heads of these are known.
  await namesFor(undefined);
  await declare({ auth: { keys: [bob, alice] }, policies: [{ servers: ['one'], effect: 'deny' }] });
  await eventually(async () => (await statusFor(ROOT, '/mcp', 'DELETE')) === 401);
  expect(await core.finish()).toContain('Nobody here has that key');
  expect(await bobs.finish()).toContain(`Unknown tool: one_${GREET}`);
  expect(await alices.finish()).toContain('"content"');
});

test('changes over the API need the role admin, and who may not hears so', async () => {
  verifies('SEC-02', 'SEC-03');
  const table: [string | undefined, string, Method, number][] = [
    [undefined, '/api/v1/servers', 'GET', 200],
    [VERA, '/api/v1/servers', 'GET', 200],
    [undefined, '/api/v1/reload', 'POST', 401],
    [VERA, '/api/v1/reload', 'POST', 403],
    [ALICE, '/api/v1/reload', 'POST', 403],
    [ROOT, '/api/v1/reload', 'POST', 200],
    [gateway.token, '/api/v1/reload', 'POST', 200],
  ];
  for (const [key, path, method, status] of table)
    expect([key, path, await statusFor(key, path, method)]).toEqual([key, path, status]);
});

test('where keys are required nobody comes in without one', async () => {
  verifies('SEC-02');
  await declare({ ...DECLARED, auth: { required: true, keys: KEYS } });
  await eventually(async () => (await statusFor(undefined, '/mcp')) === 401);
  const answer = await exchange(gateway.mcpUrl, { method: 'POST', headers: {} });
  expect(answer.headers['www-authenticate']).toBe('Bearer realm="tutti"');
  expect(await statusFor(undefined, '/healthz')).toBe(200);
  const reads: [string | undefined, number][] = [
    [undefined, 401],
    [ALICE, 403],
    [VERA, 200],
    [ROOT, 200],
    [gateway.token, 200],
  ];
  for (const [key, status] of reads)
    expect([key, await statusFor(key, '/api/v1/servers')]).toEqual([key, status]);
  // Each would keep a response open.
  for (const key of [undefined, ALICE])
    expect([key, await statusFor(key, '/api/v1/attach')]).toEqual([key, key === undefined ? 401 : 403]);
  expect((await namesFor(ALICE)).length).toBeGreaterThan(0);
});

test('others may reach it where keys are required, and nowhere else', async () => {
  verifies('SEC-02');
  const elsewhere = (spec: object) => ({
    servers: { one: fixtureCommand('both') },
    files: { 'gateway.json': settings(spec) },
    env: { ALICE_KEY: ALICE },
    host: '0.0.0.0',
  });
  const keys = [alice];
  await expect(refusedStart(settings({ auth: { keys } }))).resolves.toContain('auth.required');
  await using open = await startGateway(elsewhere({ auth: { required: true, keys } }));
  const url = open.mcpUrl.replace('0.0.0.0', '127.0.0.1');
  expect((await modernRequest(url, 'tools/list')).status).toBe(401);
  expect(await namesFor(ALICE, url)).toContain(`one_${GREET}`);
  // Taken back while it runs, the doors stay shut.
  await writeFile(join(open.configPath, 'gateway.json'), settings({ auth: { keys } }));
  await writeFile(join(open.configPath, 'marker.json'), document('Toolset', 'marker', {}));
  await eventually(
    async () =>
      (await modernRequest(`${url}/sets/marker`, 'tools/list', '{}', { headers: bearer(ALICE) })).status ===
      200,
  );
  expect((await modernRequest(url, 'tools/list')).status).toBe(401);
}, 120_000);

test('each principal has processes of its own where users are kept apart', async () => {
  verifies('SRV-12');
  const spec = { ...fixtureCommand('both'), isolation: 'user' };
  await writeFile(join(gateway.configPath, 'own.json'), document('MCPServer', 'own', spec));
  const pidFor = async (key: string | undefined): Promise<string | undefined> => {
    const params = '{"name":"own_whoami","arguments":{}}';
    return (await modernRequest(gateway.mcpUrl, 'tools/call', params, { headers: bearer(key) })).result;
  };
  await eventually(async () => (await namesFor(undefined)).includes('own_whoami'));
  const pids = [await pidFor(ALICE), await pidFor(BOB), await pidFor(undefined)];
  expect(new Set(pids).size).toBe(3);
  expect(await pidFor(ALICE)).toBe(pids[0]);
});

test('a client behind a pipe sends the key of its environment', async () => {
  verifies('SEC-01');
  const bridge = (env: Readonly<Record<string, string>>) =>
    openStdio(process.execPath, [BIN, 'stdio', gateway.configPath, '--state', gateway.statePath], { env });
  for (const key of [ALICE, gateway.token]) {
    await using stdio = bridge({ TUTTI_TOKEN: key });
    await stdio.initialize();
    const listed = await stdio.request('tools/list');
    expect(listed.includes('"core_service_list"')).toBe(key !== ALICE);
    expect(await stdio.modern('tools/list')).toContain(`"one_${GREET}"`);
  }
  await using stranger = bridge({ TUTTI_TOKEN: 'nobody-has-this-one-at-all' });
  expect(await stranger.modern('tools/list')).toContain('Nobody here has that key');
}, 60_000);

test('no secret is shown anywhere', async () => {
  verifies('SEC-01');
  await declare({ ...DECLARED, auth: { keys: [...KEYS, { name: 'eve', secret: '${NOT_SET}', roles: [] }] } });
  const problems = await eventually(async () => {
    const answer = await fetch(`${gateway.url}/api/v1/problems`, { headers: bearer(gateway.token) });
    const text = await answer.text();
    return text.includes('`eve`') ? text : undefined;
  });
  expect(problems).toContain('NOT_SET');
  const config = await modernRequest(
    gateway.mcpUrl,
    'tools/call',
    '{"name":"core_config_get","arguments":{}}',
    { headers: bearer(ROOT) },
  );
  expect(config.result).toContain('\\"alice\\"');
  for (const text of [problems, config.result ?? '', gateway.process.output()])
    for (const secret of [ALICE, BOB, VERA, ROOT, bob.secret, gateway.token])
      expect(text).not.toContain(secret);
});
