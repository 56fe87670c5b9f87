// Toolsets through a running gateway: what their endpoints show, under which names, to clients of both eras, and who
// hears of which change.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { ApiToolListSchema, ApiToolsetListSchema, type ApiToolset } from '@tutti/schemas';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runCli, type CliResult } from '../../packages/cli/test/run-cli.ts';
import type { ClientEra } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { document, members, openFamilyWorld, tool, type FamilyWorld } from './family-world.ts';
import type { ScriptedServer } from './scripted-server.ts';

const CLIENTS: readonly ClientEra[] = ['legacy', 'modern'];
const GIT = JSON.stringify([tool('log'), tool('push'), tool('status')]);

let world: FamilyWorld;
const servers = new Map<string, ScriptedServer>();
const written = new Set<string>();

const url = (name: string): string => `${world.gateway.mcpUrl}/sets/${name}`;
const fileOf = (name: string): string => join(world.gateway.configPath, `set-${name}.json`);
const put = async (name: string, spec: object): Promise<void> => {
  written.add(name);
  await writeFile(fileOf(name), document('Toolset', name, spec));
};
async function toolsets(): Promise<readonly ApiToolset[]> {
  const answer = await fetch(`${world.gateway.url}/api/v1/toolsets`);
  return ApiToolsetListSchema.parse(await answer.json()).items;
}
const namesAt = async (name: string): Promise<readonly string[]> => [
  ...(await world.tools(url(name))).keys(),
];
async function declare(name: string, spec: object, ...names: readonly string[]): Promise<void> {
  await put(name, spec);
  await shows(name, ...names);
}
async function shows(name: string, ...names: readonly string[]): Promise<void> {
  await eventually(async () => JSON.stringify(await namesAt(name)) === JSON.stringify(names), {
    what: `${name} with ${names.join(', ')}`,
  });
}

beforeAll(async () => {
  world = await openFamilyWorld({});
  const alone = { family: undefined };
  servers.set('git-a', await world.join('git-a', { tools: GIT, spec: alone }));
  servers.set('git-b', await world.join('git-b', { tools: GIT, spec: alone, era: 'modern' }));
  servers.set('k1', await world.join('k1'));
  servers.set('k2', await world.join('k2'));
  await eventually(async () => (await world.tools()).size === 7);
}, 120_000);
afterEach(async () => {
  for (const name of written) await rm(fileOf(name), { force: true });
  await eventually(async () => (await toolsets()).length === 0);
  written.clear();
});
afterAll(() => world[Symbol.asyncDispose](), 60_000);

describe.each(CLIENTS)('%s client', (era) => {
  test('sees and calls what the toolset shows, under its names, and nothing else', async () => {
    verifies('CAT-05', 'GW-01', 'GW-23');
    await declare(
      'dev',
      {
        servers: ['git-*'],
        tools: [{ server: 'git-a', tool: 'log', as: 'history' }, { tool: 'log' }, { tool: 's*' }],
        exclude: [{ server: 'git-b', tool: 'status' }],
      },
      'history',
      'git-a_status',
      'git-b_log',
    );
    await using caller = await world.open(era, url('dev'));
    const call = async (name: string): Promise<string> =>
      (await caller.request('tools/call', `{"name":"${name}","arguments":{}}`)).response ?? '';
    expect(memberText(await call('history'), 'result', 'content', 0, 'text')).toBe('"git-a"');
    expect(memberText(servers.get('git-a')?.requests.at(-1)?.params ?? '', 'name')).toBe('"log"');
    expect(memberText(await call('git-b_log'), 'result', 'content', 0, 'text')).toBe('"git-b"');
    // Neither the server's own name, nor the one at /mcp of what is renamed or left out.
    for (const name of ['log', 'git-a_log', 'git-a_push', 'git-b_status', 'kubernetes_list_pods'])
      expect(memberText(await call(name), 'error', 'message')).toBe(`"Unknown tool: ${name}"`);
  });

  test('gets a clear answer where there is no toolset', async () => {
    verifies('CAT-05', 'GW-01');
    const refused = await world
      .open(era, url('none'))
      .then(
        (caller) => caller.request('tools/list').then(({ status, body }) => `${status} ${String(body)}`),
        String,
      );
    expect(refused).toContain('404');
    expect(refused).toContain('There is no toolset none; declare it, or list those there are with');
  });

  test('hears of changes of its own view, and of no other', async () => {
    verifies('CAT-05', 'CAT-03');
    await declare('a', { servers: ['git-a'], tools: [{ tool: 'log' }] }, 'git-a_log');
    await declare('b', { servers: ['git-b'] }, 'git-b_log', 'git-b_push', 'git-b_status');
    await using onA = await world.open(era, url('a'));
    await using onB = await world.open(era, url('b'));
    const heard: string[] = [];
    const note = (who: string) => (message: string) => heard.push(`${who} ${memberText(message, 'method')}`);
    await using _ = await onA.listen([], note('a'));
    await using __ = await onB.listen([], note('b'));
    const gitA = servers.get('git-a');
    const relists = (tools: string): void => {
      gitA?.setTools(tools);
      gitA?.broadcast('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
    };
    // Of this change the view shows nothing.
    relists(JSON.stringify([tool('log'), tool('push')]));
    await eventually(async () => !(await world.tools()).has('git-a_status'));
    relists(JSON.stringify([tool('log', { n: {} }), tool('push')]));
    await eventually(() => heard.length > 0);
    await put('b', { servers: ['git-b'], tools: [{ tool: 'push' }] });
    await eventually(() => heard.length > 1);
    relists(GIT);
    await eventually(() => heard.length > 2);
    const changed = '"notifications/tools/list_changed"';
    expect(heard).toEqual([`a ${changed}`, `b ${changed}`, `a ${changed}`]);
    await shows('b', 'git-b_push');
  });
});

test('a family is shown with the members that are chosen; a name of its own takes a tool out of it', async () => {
  verifies('CAT-05', 'FAM-01', 'GW-23');
  await declare('one', { servers: ['k1'] }, 'kubernetes_list_pods');
  const listed = async (name: string): Promise<unknown> =>
    members((await world.tools(url(name))).get('kubernetes_list_pods'));
  expect(await listed('one')).toEqual(['k1']);
  await using caller = await world.open('modern', url('one'));
  const other = await caller.callTool('kubernetes_list_pods', '{"cluster":"k2"}');
  expect(other).toContain('is not available on server \\"k2\\" (available: k1)');
  await declare(
    'split',
    { tools: [{ server: 'k2', tool: '*', as: '{server}.{tool}' }, { server: 'k*' }] },
    'kubernetes_list_pods',
    'k2.list_pods',
  );
  expect(await listed('split')).toEqual(['k1']);
  await using split = await world.open('legacy', url('split'));
  const pods = await split.callTool('k2.list_pods', '{"cluster":"kept"}');
  expect(memberText(pods, 'structuredContent', 'arguments')).toBe('{"cluster":"kept"}');
  await declare('both', { tools: [{ tool: 'list_*' }] }, 'kubernetes_list_pods');
  expect(await listed('both')).toEqual(['k1', 'k2']);
});

test('of two tools with one name the first keeps it', async () => {
  verifies('CAT-05', 'CAT-01');
  await put('short', { servers: ['git-*'], tools: [{ tool: 'log', as: '{tool}' }] });
  const names = await eventually(async () => {
    const found = await namesAt('short');
    return found.length === 2 ? found : undefined;
  });
  expect(names[0]).toBe('log');
  expect(names[1]).toMatch(/^log_[a-z2-7]{8}$/);
  const name = names[1] ?? '';
  await using caller = await world.open('modern', url('short'));
  expect(memberText(await caller.callTool(name), 'content', 0, 'text')).toBe('"git-b"');
});

test('one that matches nothing is served, empty, and shown as such, until something matches', async () => {
  verifies('CAT-05');
  await put('later', { servers: ['late'] });
  const empty = await eventually(async () => (await toolsets())[0]);
  expect(empty).toMatchObject({ name: 'later', url: url('later'), toolCount: 0, servers: [] });
  expect(empty.conditions).toMatchObject([{ type: 'Ready', status: 'False', reason: 'NothingMatches' }]);
  expect((await world.problems()).join()).toContain('the toolset `later`: nothing');
  expect(await namesAt('later')).toEqual([]);
  await world.join('late', { tools: GIT, spec: { family: undefined } });
  await shows('later', 'late_log', 'late_push', 'late_status');
  expect(await world.problems()).toEqual([]);
  expect((await toolsets())[0]).toMatchObject({ toolCount: 3, servers: ['late'] });
  await world.leave('late');
  await shows('later');
});

test('the API tells the tools of a toolset, under its names', async () => {
  verifies('CAT-05');
  await declare('dev', { tools: [{ server: 'git-a', tool: 'log', as: 'history' }] }, 'history');
  const answer = await fetch(`${world.gateway.url}/api/v1/tools?set=dev`);
  const { items } = ApiToolListSchema.parse(await answer.json());
  expect(items).toMatchObject([{ server: 'git-a', name: 'log', exposedName: 'history' }]);
  const unknown = await fetch(`${world.gateway.url}/api/v1/tools?set=none`);
  expect(unknown.status).toBe(404);
});

test('a broken declaration keeps the last good one; a second one of the name is refused', async () => {
  verifies('CAT-05', 'SRC-05');
  const good = { servers: ['git-a'], tools: [{ tool: 'log' }] };
  await declare('dev', good, 'git-a_log');
  await writeFile(fileOf('dev'), document('Toolset', 'dev', { ...good, tool: [] }));
  await eventually(async () =>
    (await world.problems()).some((text) => text.includes('did you mean `tools`')),
  );
  expect(await namesAt('dev')).toEqual(['git-a_log']);
  await put('dev', good);
  await writeFile(join(world.gateway.configPath, 'twice.json'), document('Toolset', 'dev', {}));
  const path = fileOf('dev');
  const refusal = `the toolset \`dev\` is declared in ${path}:1 already; rename one of them or remove this one`;
  await eventually(async () => (await world.problems()).includes(refusal));
  expect(await namesAt('dev')).toEqual(['git-a_log']);
  await rm(join(world.gateway.configPath, 'twice.json'));
});

test('is there over HTTP+SSE, too', async () => {
  verifies('CAT-05', 'GW-01');
  await declare('dev', { servers: ['git-a'], tools: [{ tool: 'log', as: 'history' }] }, 'history');
  const transport = new SSEClientTransport(new URL(`${world.gateway.url}/sse/sets/dev`));
  const client = new Client({ name: 'sse', version: '1' });
  await client.connect(transport);
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['history']);
  await client.close();
  expect((await fetch(`${world.gateway.url}/sse/sets/none`)).status).toBe(404);
});

test('a session goes on when the toolset changes, and ends with it', async () => {
  verifies('CAT-05');
  await declare('dev', { tools: [{ tool: 'log' }] }, 'git-a_log', 'git-b_log');
  const caller = await world.open('legacy', url('dev'));
  await declare('dev', { tools: [{ tool: 'push' }] }, 'git-a_push', 'git-b_push');
  expect(await caller.callTool('git-b_push')).toContain('git-b');
  await rm(fileOf('dev'));
  await eventually(async () => (await modernRequest(url('dev'), 'tools/list')).status === 404);
  expect((await caller.request('tools/list')).status).toBe(404);
});

test('the command line lists and calls a toolset’s tools under its names', async () => {
  verifies('CAT-05', 'OPS-05');
  const tools = [{ server: 'git-a', tool: 'log', as: 'history' }];
  await declare('short', { servers: ['git-*'], tools }, 'history');
  const { gateway } = world;
  const cli = (...args: readonly string[]): Promise<CliResult> =>
    runCli([...args, '--url', gateway.url], { env: { TUTTI_TOKEN: gateway.token } });
  const listed = await cli('tools', '--set', 'short', '-o', 'json');
  expect(JSON.parse(listed.stdout)).toMatchObject({ items: [{ exposedName: 'history', server: 'git-a' }] });
  const called = await cli('call', 'history', 'depth:=3', '--set', 'short', '-o', 'json');
  expect(JSON.parse(called.stdout)).toMatchObject({ content: [{ type: 'text', text: 'git-a' }] });
  expect(memberText(servers.get('git-a')?.requests.at(-1)?.params ?? '', 'arguments')).toBe('{"depth":3}');
  // By the server's own name, too; and what the toolset leaves out is not there.
  expect((await cli('call', 'log', '--set', 'short')).exitCode).toBe(0);
  const left = await cli('call', 'git-a_push', '--set', 'short');
  expect([left.exitCode, left.stderr]).toEqual([3, expect.stringContaining('in the toolset short')]);
  expect((await cli('call', 'history')).exitCode).toBe(3);
  expect((await cli('call', 'history', '--set', 'none')).exitCode).toBe(3);
});
