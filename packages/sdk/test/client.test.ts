import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifies } from '../../../test/verifies.ts';
import { aServer, startFakeApi, TOKEN, type FakeApi } from '../../server/test/api/fake-api.ts';
import { InvalidDocumentsError } from '../../server/src/resources/invalid-documents.ts';
import { createTuttiClient, TuttiApiError, TuttiUnreachableError } from '../src/index.ts';

const PATIENT = { timeout: 20_000 };

let api: FakeApi;
beforeEach(async () => {
  api = await startFakeApi();
  api.world.servers = [aServer('alpha')];
});
afterEach(() => api[Symbol.asyncDispose]());

test('reads and writes in the shapes of the API', async () => {
  const client = createTuttiClient({ url: `${api.url}/`, token: TOKEN });
  api.world.events = [
    {
      time: 't',
      type: 'Normal',
      kind: 'MCPServer',
      name: 'alpha',
      reason: 'MCPServerStarted',
      message: 'up',
    },
  ];
  expect(await client.servers()).toEqual(api.world.servers);
  expect(await client.server('alpha')).toEqual(api.world.servers[0]);
  expect(await client.tools({ query: 'x' })).toEqual([]);
  expect(await client.events({ name: 'beta' })).toEqual([]);
  expect(await client.events({ name: 'alpha' })).toEqual(api.world.events);
  expect((await client.info()).pid).toBe(process.pid);
  expect((await client.restart('alpha')).name).toBe('alpha');
  expect(await client.reload()).toEqual([]);
  expect(await client.problems()).toEqual([]);
  expect(api.world).toMatchObject({ restarted: ['alpha'], reloads: 1 });
});

test('changes what runs', async () => {
  verifies('SRC-06', 'SRV-10');
  const client = createTuttiClient({ url: api.url, token: TOKEN });
  const applied = await client.apply('kind: x', { path: 'a.yaml' });
  expect(applied.items).toEqual([{ kind: 'MCPServer', name: 'new', change: 'created' }]);
  expect(await client.check('kind: x')).toEqual([]);
  await client.delete('Toolset', 'new');
  for (const action of ['suspend', 'resume', 'start', 'stop'] as const)
    expect(await client[action]('alpha')).toMatchObject({ name: 'alpha', change: 'changed' });
  expect(api.world.changes).toEqual([
    'apply a.yaml by admin: kind: x',
    'remove Toolset new by admin',
    'suspend alpha by admin',
    'resume alpha by admin',
    'start alpha by admin',
    'stop alpha by admin',
  ]);
  api.world.resources = [{ kind: 'MCPServer', name: 'a', origin: { source: 'api' }, state: 'InForce' }];
  expect(await client.resources()).toEqual(api.world.resources);
  expect(await client.resource('MCPServer', 'a')).toEqual(api.world.resources[0]);
  await expect(client.delete('MCPServer', 'owned')).rejects.toMatchObject({ code: 'refused', status: 403 });
  const problem = { path: 'a.yaml', line: 1, column: 1, message: 'wrong', severity: 'error' } as const;
  api.world.failNext = new InvalidDocumentsError([problem]);
  await expect(client.apply('x')).rejects.toMatchObject({ code: 'invalid_config', problems: [problem] });
});

test('tools are read to the last page', async () => {
  const client = createTuttiClient({ url: api.url });
  const names = ['a', 'b', 'c', 'd', 'e'];
  api.world.tools = names.map((name) => ({ server: 's', name, exposedName: `s_${name}`, inputSchema: {} }));
  expect((await client.tools()).map(({ name }) => name)).toEqual(names);
  expect((await client.tools({ name: 's_d' })).map(({ name }) => name)).toEqual(['d']);
});

test('a problem becomes an error with its code', async () => {
  const client = createTuttiClient({ url: api.url });
  await expect(client.server('nope')).rejects.toMatchObject({ code: 'not_found', status: 404 });
  await expect(client.reload()).rejects.toBeInstanceOf(TuttiApiError);
});

test('what is not there, or is something else, is unreachable', async () => {
  const other = createServer((_, response) => response.writeHead(200).end('<html>'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  await expect(createTuttiClient({ url }).servers()).rejects.toThrow(/does not speak/);
  await new Promise((resolve) => other.close(resolve));
  await expect(createTuttiClient({ url }).servers()).rejects.toBeInstanceOf(TuttiUnreachableError);
});

test('following yields old and new lines, and ends with its signal', async () => {
  verifies('SUP-04');
  api.addLog('old');
  const client = createTuttiClient({ url: api.url });
  const stop = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const line of client.followLogs('alpha', { signal: stop.signal })) {
      seen.push(line.text);
      if (line.text === 'old') api.addLog('new');
      else stop.abort();
    }
  })();
  await expect(following).rejects.toThrow(/abort/i);
  expect(seen).toEqual(['old', 'new']);
  await expect.poll(() => api.world.logListeners.size, PATIENT).toBe(0);
});

test('leaving the loop lets go of the stream', async () => {
  api.addLog('old');
  const client = createTuttiClient({ url: api.url });
  for await (const line of client.followLogs('alpha')) {
    expect(line.text).toBe('old');
    break;
  }
  await expect.poll(() => api.world.logListeners.size, PATIENT).toBe(0);
});

test('following ends when the instance ends', async () => {
  const client = createTuttiClient({ url: api.url });
  const following = collect(client.followEvents());
  await expect.poll(() => api.world.eventListeners.size, PATIENT).toBe(1);
  api.endStreams();
  expect(await following).toEqual([]);
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
