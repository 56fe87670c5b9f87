// Tutti's own tools, used by official clients on a running Tutti: each of them, by name.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiToolListSchema } from '@tutti/schemas';
import { z } from 'zod';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand } from '../support/fixture.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { modernRequest } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { connectWithKey, GENERATIONS, type KeyClient } from './key-clients.ts';

const OPERATOR = 'operator-has-a-long-secret';
const CAREFUL = 'careful-has-a-long-secret';
const NAMES = [
  'core_mcpserver_list',
  'core_mcpserver_get',
  'core_mcpserver_create',
  'core_mcpserver_update',
  'core_mcpserver_delete',
  'core_mcpserver_validate',
  'core_mcpserver_reconnect',
  'core_service_list',
  'core_service_status',
  'core_service_start',
  'core_service_stop',
  'core_service_restart',
  'core_config_get',
  'core_config_save',
  'core_config_reload',
  'core_events',
  'core_auth_login',
  'core_auth_logout',
];
const DESTRUCTIVE = [
  'core_mcpserver_update',
  'core_mcpserver_delete',
  'core_service_stop',
  'core_service_restart',
  'core_config_save',
  'core_auth_logout',
];

const stack = new AsyncDisposableStack();
let gateway: Gateway;

const settings = JSON.stringify({
  apiVersion: 'tutti.dev/v1alpha1',
  kind: 'Gateway',
  metadata: { name: 'gateway' },
  spec: {
    toolPrefix: 'x_',
    auth: {
      keys: [
        { name: 'operator', secret: '${OPERATOR_KEY}', roles: ['admin'] },
        { name: 'careful', secret: '${CAREFUL_KEY}', roles: ['admin'] },
      ],
    },
    policies: [{ principals: ['careful'], servers: ['tutti'], destructive: true, effect: 'deny' }],
  },
});

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      servers: { fix: fixtureCommand('both') },
      files: { 'gateway.json': settings },
      env: { OPERATOR_KEY: OPERATOR, CAREFUL_KEY: CAREFUL },
    }),
  );
  await eventually(async () => (await coreNames(gateway.token)).length > 0);
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const ToolsSchema = z.object({
  tools: z.array(
    z.object({
      name: z.string(),
      annotations: z.object({ destructiveHint: z.boolean().optional() }).optional(),
      outputSchema: z.unknown().optional(),
    }),
  ),
});

async function coreTools(key: string) {
  const headers = { authorization: `Bearer ${key}` };
  const { result = '{"tools":[]}' } = await modernRequest(gateway.mcpUrl, 'tools/list', '{}', { headers });
  return ToolsSchema.parse(JSON.parse(result)).tools.filter(({ name }) => name.startsWith('core_'));
}

const coreNames = async (key: string): Promise<readonly string[]> =>
  (await coreTools(key)).map(({ name }) => name);

test('are there for administrators only, under their own names, and say what they do', async () => {
  verifies('GW-20', 'GW-21');
  expect(await coreNames(gateway.token)).toEqual(NAMES);
  expect(await coreNames(OPERATOR)).toEqual(NAMES);
  expect(await coreNames('nothing')).toEqual([]);
  const tools = await coreTools(OPERATOR);
  expect(
    tools.filter(({ annotations }) => annotations?.destructiveHint === true).map(({ name }) => name),
  ).toEqual(DESTRUCTIVE);
  expect(tools.every(({ outputSchema }) => outputSchema !== undefined)).toBe(true);
  const anybody = await modernRequest(gateway.mcpUrl, 'tools/call', '{"name":"core_service_list"}');
  expect(anybody.error).toContain('Unknown tool: core_service_list');
  const own = await modernRequest(gateway.serverUrl('tutti'), 'tools/list');
  expect([own.status, own.result?.includes('core_')]).toEqual([200, false]);
});

test('that destroy something can be denied to administrators too', async () => {
  verifies('GW-21', 'GW-23');
  expect(await coreNames(CAREFUL)).toEqual(NAMES.filter((name) => !DESTRUCTIVE.includes(name)));
  await using client = await connectWithKey('SDK v2 modern', gateway.mcpUrl, CAREFUL);
  await expect(client.call('core_service_stop', { name: 'fix' })).rejects.toThrow('Unknown tool');
  expect((await client.call('core_service_status', { name: 'fix' })).structured).toMatchObject({
    state: 'Running',
  });
});

test('are found by the command line by their names, and are not in its lists', async () => {
  verifies('GW-20');
  const headers = { authorization: `Bearer ${OPERATOR}` };
  const names = async (query: string, key: Record<string, string> = headers): Promise<readonly string[]> => {
    const answer = await fetch(`${gateway.url}/api/v1/tools${query}`, { headers: key });
    return ApiToolListSchema.parse(await answer.json()).items.map(({ exposedName }) => exposedName);
  };
  expect(await names('?name=core_events')).toEqual(['core_events']);
  expect(await names('?name=core_events', {})).toEqual([]);
  expect((await names('')).filter((name) => name.startsWith('core_'))).toEqual([]);
  expect((await gateway.servers()).map(({ name }) => name)).not.toContain('tutti');
});

test('are listed among the core tools in search mode, and do not lengthen the list', async () => {
  verifies('CAT-06');
  const headers = { authorization: `Bearer ${OPERATOR}` };
  const listed = await modernRequest(
    `${gateway.mcpUrl}?mode=search`,
    'tools/call',
    '{"name":"list_core_tools","arguments":{}}',
    { headers },
  );
  expect(listed.result).toContain('core_mcpserver_create');
  // Those of agents and tasks are among them.
  expect(listed.result).toMatch(/\\"total\\":[4-9]\d/);
});

describe.each(GENERATIONS)('%s', (generation) => {
  const open = (): Promise<KeyClient> => connectWithKey(generation, gateway.mcpUrl, OPERATOR);

  test('creates a server, stops, starts, changes and deletes it; status is right at once', async () => {
    verifies('GW-20');
    await using client = await open();
    const use = async (tool: string, args: Record<string, unknown> = {}): Promise<unknown> => {
      const { text, isError, structured } = await client.call(tool, args);
      if (isError) throw new Error(text);
      expect(JSON.parse(text)).toEqual(structured);
      return structured;
    };
    const state = async (): Promise<unknown> => {
      const { state: now } = z
        .object({ state: z.string() })
        .parse(await use('core_service_status', { name: 'made' }));
      return now;
    };
    const spec = { name: 'made', ...fixtureCommand('both'), timeout: '20s' };
    expect(await use('core_mcpserver_validate', { name: 'made', command: '' })).toMatchObject({
      valid: false,
    });
    expect(await use('core_mcpserver_validate', spec)).toMatchObject({ valid: true });
    await expect(use('core_service_status', { name: 'made' })).rejects.toThrow('service not found: made');

    expect(await use('core_mcpserver_create', spec)).toMatchObject({
      items: [{ name: 'made', change: 'created' }],
    });
    await eventually(async () => (await state()) === 'Running');
    await expect(use('core_mcpserver_create', spec)).rejects.toThrow('there is a server made already');
    await eventually(async () => (await client.tools()).some((name) => name.startsWith('x_made_')));
    expect(await use('core_mcpserver_get', { name: 'made' })).toMatchObject({
      server: { name: 'made' },
      resource: { name: 'made', origin: { source: 'api', by: 'operator' }, state: 'InForce' },
    });
    expect(await use('core_mcpserver_list')).toMatchObject({
      servers: [{ name: 'fix' }, { name: 'made' }],
      total: 2,
    });
    expect(await use('core_mcpserver_list', { verbose: true })).toMatchObject({
      servers: [{}, { status: {} }],
    });

    expect(await use('core_service_stop', { name: 'made' })).toMatchObject({
      suspended: true,
      service: { state: 'Suspended' },
    });
    expect(await state()).toBe('Suspended');
    // A client of the modern era may keep a list for as long as it was told to.
    await eventually(async () => !(await client.tools()).some((name) => name.startsWith('x_made_')));
    await use('core_service_start', { name: 'made' });
    await eventually(async () => (await state()) === 'Running');
    await use('core_service_restart', { name: 'made' });
    await eventually(async () => (await state()) === 'Running');
    await use('core_mcpserver_reconnect', { name: 'made' });
    await eventually(async () => (await state()) === 'Running');

    expect(await use('core_mcpserver_update', { name: 'made', toolPrefix: 'changed' })).toMatchObject({
      items: [{ change: 'changed' }],
    });
    await eventually(async () => (await client.tools()).some((name) => name.startsWith('x_changed_')));
    expect(await use('core_mcpserver_update', { name: 'made', suspended: true })).toMatchObject({
      items: [{ change: 'changed' }],
    });
    expect(await state()).toBe('Suspended');
    expect(await use('core_service_list')).toMatchObject({
      services: [{ name: 'fix' }, { name: 'made', state: 'Suspended' }],
    });
    expect(await use('core_mcpserver_delete', { name: 'made' })).toEqual({ deleted: 'made' });
    await expect(state()).rejects.toThrow('service not found: made');
  }, 120_000);

  test('is told what it may not do', async () => {
    verifies('GW-20', 'GW-26');
    await using client = await open();
    const told = async (tool: string, args: Record<string, unknown>): Promise<string> => {
      const { text, isError } = await client.call(tool, args);
      expect(isError).toBe(true);
      return text;
    };
    for (const action of ['status', 'start', 'stop', 'restart'])
      for (const name of ['nowhere', '', 'tutti', '../etc', 'x'.repeat(500)])
        expect(await told(`core_service_${action}`, { name })).toContain('service not found');
    expect(await told('core_mcpserver_delete', { name: 'fix' })).toContain('is declared in');
    expect(await told('core_mcpserver_update', { name: 'fix', timeout: '9s' })).toContain('change it there');
    expect(await told('core_mcpserver_create', { name: 'bad', command: 'x', nonsense: 1 })).toContain(
      'nonsense',
    );
    expect(await told('core_mcpserver_get', { name: 'nowhere' })).toContain('there is no server nowhere');
    expect(await told('core_service_stop', {})).toContain('name');
    expect(await told('core_auth_login', { server: 'nowhere' })).toContain('service not found');
  });

  test('reads the configuration, saves and reloads', async () => {
    verifies('GW-20');
    await using client = await open();
    const config = await client.call('core_config_get');
    expect(config.structured).toMatchObject({
      instance: { pid: gateway.pid },
      gateway: {
        toolPrefix: 'x_',
        auth: { keys: [{ name: 'operator', roles: ['admin'] }, { name: 'careful' }] },
      },
      problems: [],
    });
    const documents = JSON.stringify({
      apiVersion: 'tutti.dev/v1alpha1',
      kind: 'Toolset',
      metadata: { name: 'saved' },
      spec: {},
    });
    expect((await client.call('core_config_save', { documents })).structured).toMatchObject({
      items: [{ name: 'saved' }],
    });
    expect((await modernRequest(`${gateway.mcpUrl}/sets/saved`, 'tools/list')).status).toBe(200);
    const file = join(gateway.configPath, 'gateway.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"x_"', '"y_"'));
    await client.call('core_config_reload');
    expect((await client.call('core_config_get')).structured).toMatchObject({
      gateway: { toolPrefix: 'y_' },
    });
    await writeFile(file, settings);
    await client.call('core_config_reload');
  });

  test('hears of events, and says how it stands with logins', async () => {
    verifies('GW-20');
    await using client = await open();
    const one = await client.call('core_events', { resourceName: 'fix', limit: 1 });
    expect(one.structured).toMatchObject({ events: [{ kind: 'MCPServer', name: 'fix' }] });
    expect(
      (await client.call('core_events', { eventType: 'Warning', since: '2999-01-01T00:00:00Z' })).structured,
    ).toEqual({ events: [], total: 0 });
    const following = client.call('core_events', { resourceName: 'fix', follow: true, limit: 1 });
    await using other = await open();
    let isTold = false;
    void following.then(() => (isTold = true));
    await eventually(async () => {
      await other.call('core_mcpserver_reconnect', { name: 'fix' });
      return isTold;
    });
    expect((await following).structured).toMatchObject({ events: [{ name: 'fix' }] });
    expect((await client.call('core_auth_login', { server: 'fix' })).structured).toMatchObject({
      status: 'not_required',
    });
    expect((await client.call('core_auth_logout', { server: 'fix' })).structured).toMatchObject({
      status: 'not_logged_in',
    });
    await eventually(async () =>
      (await client.call('core_service_status', { name: 'fix' })).text.includes('"Running"'),
    );
  }, 60_000);
});
