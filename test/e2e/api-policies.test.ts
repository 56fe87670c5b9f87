// What a policy keeps from somebody over MCP is not told over the API either.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { declaration, declared, faulty } from '../faults/support/declared.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { modernRequest } from '../support/raw-client.ts';
import { exchange } from '../support/raw-http.ts';
import { verifies } from '../verifies.ts';
import { asked, bearer, gatewayText, hashedKey } from './key-world.ts';

const VERA = 'vera-may-look-at-what-she-may-use';
const WALT = 'walt-may-look-at-everything-there-is';
const KEYS = [hashedKey('vera', VERA, 'viewer'), hashedKey('walt', WALT, 'viewer')];
const POLICIES = [
  { principals: ['vera', 'local'], servers: ['hidden'], effect: 'deny' },
  { principals: ['vera', 'local'], servers: ['mute'], tools: ['*'], effect: 'deny' },
];
const SETTINGS = { auth: { keys: KEYS }, policies: POLICIES };

const stack = new AsyncDisposableStack();
let gateway: Gateway;
const ask = (key: string | undefined, path: string, method?: 'GET' | 'POST' | 'DELETE') =>
  asked(gateway.url, key, path, method);
const declare = (spec: object): Promise<void> =>
  writeFile(join(gateway.configPath, 'gateway.json'), gatewayText(spec));

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      files: {
        ...declared({ shown: faulty(), hidden: faulty(), mute: faulty() }),
        'gateway.json': gatewayText(SETTINGS),
        'set.json': JSON.stringify({
          apiVersion: 'tutti.dev/v1alpha1',
          kind: 'Toolset',
          metadata: { name: 'all' },
          spec: {},
        }),
      },
      waitFor: ['shown', 'hidden', 'mute'],
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const DIVIDED = [
  '/api/v1/servers',
  '/api/v1/pins',
  '/api/v1/tools',
  '/api/v1/toolsets',
  '/api/v1/toolsets/all',
  '/api/v1/families',
  '/api/v1/events',
  '/api/v1/resources',
];
const WHOLE = ['/metrics', '/api/v1/sources', '/api/v1/problems'];

describe.each([
  ['without a key', undefined, 401],
  ['a viewer', VERA, 403],
] as const)('%s', (_, key, refused) => {
  test('is told of the servers of which MCP shows something, and of no other', async () => {
    verifies('SEC-03', 'GW-23');
    for (const path of DIVIDED) {
      const { status, text } = await ask(key, path);
      expect([path, status, /hidden|mute/.exec(text)?.[0]]).toEqual([path, 200, undefined]);
    }
    expect((await ask(key, '/api/v1/servers')).text).toContain('"shown"');
    expect((await ask(key, '/api/v1/events')).text).toContain('"shown"');
    for (const name of ['hidden', 'mute', 'nowhere'])
      for (const path of [
        `/api/v1/servers/${name}`,
        `/api/v1/servers/${name}/logs`,
        `/api/v1/servers/${name}/logs?follow=1`,
        `/api/v1/servers/${name}/pins`,
        `/api/v1/tools?server=${name}`,
        `/api/v1/resources/MCPServer/${name}`,
      ])
        expect([path, (await ask(key, path)).status]).toEqual([path, 404]);
  });

  test('is not told what can not be divided', async () => {
    verifies('SEC-03');
    for (const path of WHOLE) {
      const { status, text } = await ask(key, path);
      expect([path, status]).toEqual([path, refused]);
      expect(text).toContain('policies keep some from you');
    }
    expect((await ask(key, '/api/v1/resources/Toolset/all')).status).toBe(404);
  });

  test('asks in vain for what is hidden: it looks like what is not there', async () => {
    const explained = async (tool: string): Promise<string> =>
      (await ask(key, `/api/v1/explain?tool=${tool}`)).text.replaceAll(tool, 'TOOL');
    expect(await explained('hidden_echo')).toContain('"items":[]');
    expect(JSON.parse(await explained('hidden_echo')).nearest.length).toBeGreaterThan(0);
  });
});

test.each([
  ['a viewer without such policies', () => WALT],
  ['who has the instance token', () => gateway.token],
])('%s reads everything', async (_, key) => {
  for (const path of [...DIVIDED, ...WHOLE, '/api/v1/servers/hidden', '/api/v1/resources/Toolset/all'])
    expect([path, (await ask(key(), path)).status]).toEqual([path, 200]);
  const { text } = await ask(key(), '/api/v1/servers');
  for (const name of ['shown', 'hidden', 'mute']) expect(text).toContain(`"${name}"`);
});

test('a stream that is open follows what may be read, and ends with the key', async () => {
  verifies('SEC-05');
  const heard: string[] = [];
  const follow = exchange(`${gateway.url}/api/v1/events?follow=1`, {
    method: 'GET',
    headers: bearer(WALT),
    onMessage: (message) => heard.push(String(message)),
  });
  await eventually(() => heard.some((text) => text.includes('"hidden"')));
  const before = heard.length;
  await declare({ ...SETTINGS, policies: [{ principals: ['walt'], servers: ['hidden'], effect: 'deny' }] });
  await eventually(async () => (await ask(WALT, '/api/v1/servers/hidden')).status === 404);
  for (const name of ['hidden', 'shown']) await ask(gateway.token, `/api/v1/servers/${name}/restart`, 'POST');
  await eventually(() => heard.slice(before).some((text) => text.includes('"shown"')));
  expect(heard.slice(before).filter((text) => text.includes('"hidden"'))).toEqual([]);
  await declare({ ...SETTINGS, auth: { keys: KEYS.slice(0, 1) } });
  await eventually(async () => (await ask(WALT, '/api/v1/servers')).status === 401);
  await writeFile(join(gateway.configPath, 'late.json'), declaration('late', faulty()));
  await follow;
  expect(heard.filter((text) => text.includes('"late"'))).toEqual([]);
  await declare(SETTINGS);
});

test('what is refused is counted, by what it is and never by who asked', async () => {
  verifies('OPS-07');
  const count = async (series: string): Promise<number> => {
    const { text } = await ask(gateway.token, '/metrics');
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1] ?? 0,
    );
  };
  const counted = async (series: string, act: () => Promise<unknown>, by = 1): Promise<void> => {
    const before = await count(series);
    await act();
    expect([series, (await count(series)) - before]).toEqual([series, by]);
  };
  const keys = (reason: string): string => `tutti_keys_refused_total{reason="${reason}"}`;
  const denials = (what: string): string => `tutti_policy_denials_total{what="${what}"}`;
  const call = (name: string, url = gateway.mcpUrl) =>
    modernRequest(url, 'tools/call', JSON.stringify({ name, arguments: {} }));
  await counted(keys('unknown'), () =>
    modernRequest(gateway.mcpUrl, 'ping', '{}', { headers: bearer('nobody') }),
  );
  await counted(keys('unknown'), () => ask('nobody', '/api/v1/servers'));
  await counted(keys('signature'), () => ask(undefined, '/api/v1/sources/none/webhook', 'POST'));
  await counted(denials('server'), () => call('echo', gateway.serverUrl('hidden')));
  await counted(denials('server'), () => ask(VERA, '/api/v1/servers/hidden/logs'));
  await counted(denials('api'), () => ask(VERA, '/metrics'));
  await counted(denials('tool'), () => call('hidden_echo'));
  await counted(denials('tool'), () => call('core_config_get'));
  await counted(denials('tool'), () => call('echo', gateway.serverUrl('mute')));
  await counted(denials('tool'), () =>
    modernRequest(gateway.mcpUrl, 'tools/call', '{"name":"call_tool","arguments":{"name":"mute_echo"}}'),
  );
  for (const nothing of ['nothing', 'shown_nothing']) await counted(denials('tool'), () => call(nothing), 0);
  await counted(denials('server'), () => call('echo', gateway.serverUrl('nowhere')), 0);
  await counted(denials('server'), () => ask(undefined, '/api/v1/servers/nowhere'), 0);
  await declare({ ...SETTINGS, auth: { keys: KEYS, required: true } });
  await eventually(async () => (await ask(undefined, '/api/v1/servers')).status === 401);
  await counted(keys('missing'), () => call('shown_echo'));
  await declare(SETTINGS);
  await eventually(async () => (await ask(undefined, '/api/v1/servers')).status === 200);
});

test('hiding nothing changes nothing: without policies about whole servers all is read as before', async () => {
  await declare({ policies: [{ destructive: true, servers: ['none'], effect: 'deny' }] });
  await eventually(async () => (await ask(undefined, '/metrics')).status === 200);
  expect((await ask(undefined, '/api/v1/servers')).text).toContain('"hidden"');
  const { result } = await modernRequest(gateway.mcpUrl, 'tools/list');
  expect(result).toContain('hidden_echo');
});
