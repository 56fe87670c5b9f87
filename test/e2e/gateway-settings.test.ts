// The Gateway document of a configuration, as clients feel it.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiProblemListSchema } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { metric } from '../faults/support/observe.ts';
import { openCaller } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand } from '../support/fixture.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';

const HOST = 'tutti.example.com';
const TOOL = 'fix_test_simple_text';
const PAGE = 64 * 1024;
const limits = { maxBodySize: '64Ki', maxHeaderSize: '4Ki', maxStreams: 4, maxDepth: 20, sessionIdle: '1s' };

const stack = new AsyncDisposableStack();
let gateway: Gateway;

const settings = (spec: object): string =>
  JSON.stringify({ apiVersion: 'tutti.dev/v1alpha1', kind: 'Gateway', metadata: { name: 'gateway' }, spec });
const declare = (spec: object, file = 'gateway.json'): Promise<void> =>
  writeFile(join(gateway.configPath, file), settings(spec));

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      servers: { fix: fixtureCommand('both') },
      files: { 'gateway.json': settings({ toolPrefix: 'x_', allowedHosts: [HOST], limits }) },
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const status = async (params: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
  (await modernRequest(gateway.mcpUrl, 'tools/list', params, { headers })).status;

async function toolNames(): Promise<string[]> {
  const { result = '{}' } = await modernRequest(gateway.mcpUrl, 'tools/list');
  const tools: unknown = JSON.parse(memberText(result, 'tools') ?? '[]');
  return Array.isArray(tools) ? tools.map((tool: { name: string }) => tool.name) : [];
}

async function callText(name: string): Promise<string> {
  const { result = '{}' } = await modernRequest(gateway.mcpUrl, 'tools/call', JSON.stringify({ name }));
  return memberText(result, 'content') ?? '';
}

describe('limits', () => {
  test('of a body', async () => {
    verifies('GW-07');
    expect(await status(`{"x":"${'x'.repeat(PAGE / 2)}"}`)).toBe(200);
    expect(await status(`{"x":"${'x'.repeat(PAGE)}"}`)).toBe(413);
  });

  test('of headers', async () => {
    verifies('GW-07');
    expect(await status('{}', { 'x-padding': 'x'.repeat(1_024) })).toBe(200);
    expect(await status('{}', { 'x-padding': 'x'.repeat(5_000) })).toBe(431);
  });

  test('of depth', async () => {
    verifies('GW-07');
    const nested = (depth: number): string => `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(await status(nested(18))).toBe(200);
    expect(await status(nested(19))).toBe(400);
  });

  test('of streams', async () => {
    verifies('GW-07');
    const caller = await openCaller('modern', gateway.mcpUrl);
    {
      await using _ = await caller.listen([], () => {});
      await using __ = await caller.listen([], () => {});
      await using ___ = await caller.listen([], () => {});
      await expect(caller.listen([], () => {})).rejects.toThrow('There are 3 standing streams');
      expect(await status('{}')).toBe(200);
      const abort = new AbortController();
      const { signal } = abort;
      const hanging = modernRequest(gateway.mcpUrl, 'tools/call', '{"name":"x_fix_hang"}', { signal });
      const refused = await eventually(
        async () => {
          const answer = await modernRequest(gateway.mcpUrl, 'tools/list');
          return answer.status === 503 ? answer : undefined;
        },
        { what: 'no room' },
      );
      expect(String(refused.body)).toContain('There are 4 open responses, which is the limit');
      abort.abort();
      await hanging;
    }
    await eventually(async () => (await status('{}')) === 200, { what: 'room again' });
  });

  test('of the time that nobody uses a session', async () => {
    verifies('SES-04', 'GW-07');
    const client = await openLegacy(gateway.mcpUrl);
    await eventually(async () => (await metric(gateway, 'tutti_sessions')) === 0, { what: 'no session' });
    expect((await client.request('ping')).status).toBe(404);
  });
});

test('a name is allowed as long as it is declared', async () => {
  verifies('GW-07');
  expect(await status('{}', { host: HOST })).toBe(200);
  expect(await status('{}', { host: `${HOST.toUpperCase()}:8080` })).toBe(200);
  expect(await status('{}', { host: HOST, origin: `https://${HOST}` })).toBe(200);
  expect(await status('{}', { host: 'other.example.com' })).toBe(403);
  await declare({ toolPrefix: 'x_', limits });
  await eventually(async () => (await status('{}', { host: HOST })) === 403, { what: 'the refusal' });
});

test('the prefix of all names: listed, callable, changed', async () => {
  verifies('CAT-01');
  await declare({ toolPrefix: 'x_', limits });
  await eventually(async () => (await toolNames()).includes(`x_${TOOL}`));
  for (const name of await toolNames()) expect(name).toMatch(/^x_fix_[\w.-]{1,58}$/);
  expect(await callText(`x_${TOOL}`)).toContain('simple text');
  await declare({ toolPrefix: 'y_', limits });
  await eventually(async () => (await toolNames()).includes(`y_${TOOL}`));
  expect((await toolNames()).filter((name) => !name.startsWith('y_fix_'))).toEqual([]);
  expect(await callText(`y_${TOOL}`)).toContain('simple text');
  expect(await callText(`x_${TOOL}`)).toBe('');
});

test('limits change with the next start, and the log says so', async () => {
  verifies('GW-07');
  await declare({ limits: { ...limits, maxBodySize: '4Mi' } });
  await eventually(() => gateway.process.output().includes('the limits of the Gateway changed'));
  expect(await status(`{"x":"${'x'.repeat(PAGE)}"}`)).toBe(413);
});

test('a second Gateway is a problem that names both places, and the first goes on', async () => {
  verifies('GW-07', 'SRC-05');
  await declare({ toolPrefix: 'a_', limits });
  await declare({ toolPrefix: 'b_' }, 'more.json');
  const message = await eventually(async () => {
    const problems = ApiProblemListSchema.parse(
      await (await fetch(`${gateway.url}/api/v1/problems`)).json(),
    ).items;
    return problems.find(({ path }) => path === join(gateway.configPath, 'more.json'))?.message;
  });
  const first = `${join(gateway.configPath, 'gateway.json')}:1`;
  expect(message).toBe(`a Gateway is declared in ${first} already, and there is one at most; merge them`);
  await eventually(async () => (await toolNames()).includes(`a_${TOOL}`));
});

test('its JSON Schema is served', async () => {
  verifies('SRC-07');
  const schema: unknown = await (await fetch(`${gateway.url}/schemas/gateway.json`)).json();
  expect(schema).toMatchObject({ title: 'Gateway' });
});
