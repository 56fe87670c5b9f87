import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiErrorBodySchema, ApiServerListSchema } from '@tutti/schemas';
import { verifies } from '../../../../test/verifies.ts';
import { MAX_APPLY_BYTES } from '../../src/api/control.ts';
import { MAX_FOLLOW_QUEUE } from '../../src/api/follow.ts';
import { InvalidDocumentsError } from '../../src/resources/invalid-documents.ts';
import { aServer, startFakeApi, TOKEN, type FakeApi } from './fake-api.ts';

const PATIENT = { timeout: 20_000 };

let api: FakeApi;
beforeEach(async () => {
  api = await startFakeApi();
  api.world.servers = [aServer('alpha'), aServer('stubborn', { state: 'Failed', lastError: 'exit code 1' })];
});
afterEach(() => api[Symbol.asyncDispose]());

async function get(
  path: string,
  init?: RequestInit,
): Promise<{ status: number; type: string; body: unknown }> {
  const response = await fetch(`${api.url}${path}`, init);
  const type = response.headers.get('content-type') ?? '';
  return {
    status: response.status,
    type,
    body: type.includes('json') ? await response.json() : await response.text(),
  };
}

const withToken = (token: string): RequestInit => ({
  method: 'POST',
  headers: { authorization: `Bearer ${token}` },
});

describe('reading', () => {
  test('lists are objects with items, in the shapes of the schemas', async () => {
    const { status, body } = await get('/api/v1/servers');
    expect(status).toBe(200);
    expect(ApiServerListSchema.parse(body).items).toEqual(api.world.servers);
    expect((await get('/api/v1/servers/alpha')).body).toEqual(api.world.servers[0]);
    expect((await get('/api/v1/problems')).body).toEqual({ items: [] });
    expect((await get('/api/v1/info')).body).toMatchObject({ mcpUrl: `${api.url}/mcp` });
  });

  test('tools are filtered by q', async () => {
    const tool = (name: string) => ({ server: 'alpha', name, exposedName: `alpha_${name}`, inputSchema: {} });
    api.world.tools = [tool('echo'), tool('add')];
    expect((await get('/api/v1/tools?q=ech')).body).toEqual({ items: [tool('echo')] });
    expect((await get('/api/v1/tools?name=add')).body).toEqual({ items: [tool('add')] });
  });

  test('tools come page by page', async () => {
    const tool = (name: string) => ({ server: 'alpha', name, exposedName: `alpha_${name}`, inputSchema: {} });
    api.world.tools = ['a', 'b', 'c'].map(tool);
    expect((await get('/api/v1/tools')).body).toMatchObject({ items: [{ name: 'a' }, { name: 'b' }] });
    const { body } = await get('/api/v1/tools?limit=1');
    expect(body).toEqual({ items: [tool('a')], nextCursor: '1' });
    expect((await get('/api/v1/tools?limit=5&cursor=1')).body).toEqual({ items: [tool('b'), tool('c')] });
    expect((await get('/api/v1/tools?limit=0')).status).toBe(400);
  });

  test('toolsets, and the tools of one', async () => {
    verifies('CAT-05');
    const dev = {
      name: 'dev',
      url: 'u',
      toolCount: 1,
      promptCount: 0,
      resourceCount: 0,
      servers: ['alpha'],
      conditions: [],
    };
    api.world.toolsets = [dev];
    expect((await get('/api/v1/toolsets')).body).toEqual({ items: [dev] });
    expect((await get('/api/v1/toolsets/dev')).body).toEqual(dev);
    expect((await get('/api/v1/tools?set=dev')).status).toBe(200);
    expect((await get('/api/v1/tools?set=dev&server=alpha')).status).toBe(400);
    for (const path of ['/api/v1/toolsets/nope', '/api/v1/tools?set=nope'])
      expect((await get(path)).status).toBe(404);
    api.world.toolsets = [];
  });

  test('the log gives the last lines, as many as are asked for', async () => {
    verifies('SUP-04');
    for (const text of ['one', 'two', 'three']) api.addLog(text);
    expect((await get('/api/v1/servers/alpha/logs?tail=2')).body).toMatchObject({
      items: [{ text: 'two' }, { text: 'three' }],
    });
  });

  test.each(['/api/v1/servers/alpha/logs?tail=-1', '/api/v1/servers/alpha/logs?follow=maybe'])(
    'refuses %s',
    async (path) => {
      const { status, body } = await get(path);
      expect(status).toBe(400);
      expect(ApiErrorBodySchema.parse(body).code).toBe('invalid_params');
    },
  );

  test('what is not there is a problem with a code', async () => {
    for (const path of [
      '/api/v1/servers/nope',
      '/api/v1/nope',
      '/schemas/nope.json',
      '/api/v1/servers/nope/logs',
    ]) {
      const { status, type, body } = await get(path);
      expect(status).toBe(404);
      expect(type).toBe('application/problem+json');
      expect(ApiErrorBodySchema.parse(body)).toMatchObject({ code: 'not_found', status: 404 });
    }
    expect((await get('/schemas/mcpserver.json')).body).toEqual({ type: 'object' });
  });

  test('an unexpected failure is a problem without a stack', async () => {
    api.world.failNext = new TypeError('broken inside');
    const { status, body } = await get('/api/v1/servers');
    expect(status).toBe(500);
    expect(body).toEqual({
      type: 'urn:tutti:error:internal',
      title: 'Internal',
      status: 500,
      code: 'internal',
      detail: 'broken inside',
    });
  });
});

describe('health', () => {
  test('readyz says why not', async () => {
    verifies('OPS-09');
    expect(await get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await get('/readyz')).toMatchObject({ status: 200, body: { ready: true, reasons: [] } });
    api.world.notReady = ['alpha has not answered yet'];
    expect(await get('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, reasons: ['alpha has not answered yet'] },
    });
  });

  test('metrics come as they are', async () => {
    expect(await get('/metrics')).toMatchObject({ status: 200, body: 'tutti_up 1\n' });
  });
});

describe('writing', () => {
  test('needs the instance token on loopback too', async () => {
    verifies('SEC-02');
    for (const path of ['/api/v1/reload', '/api/v1/servers/alpha/restart']) {
      for (const init of [{ method: 'POST' }, withToken('wrong')]) {
        const { status, body } = await get(path, init);
        expect(status).toBe(401);
        expect(ApiErrorBodySchema.parse(body).code).toBe('unauthorized');
      }
    }
    expect(api.world).toMatchObject({ reloads: 0, restarted: [] });
  });

  test('with the token it is done, and failures keep their code', async () => {
    expect((await get('/api/v1/servers/alpha/restart', withToken(TOKEN))).status).toBe(202);
    expect((await get('/api/v1/reload', withToken(TOKEN))).body).toEqual({ items: [] });
    expect(api.world).toMatchObject({ reloads: 1, restarted: ['alpha'] });
    expect(await get('/api/v1/servers/stubborn/restart', withToken(TOKEN))).toMatchObject({
      status: 503,
      body: { code: 'unavailable', detail: 'It is being stopped; try again in 10 s.' },
    });
    expect((await get('/api/v1/servers/nope/restart', withToken(TOKEN))).status).toBe(404);
  });
});

test('off loopback reads need the token too, probes do not', async () => {
  verifies('SEC-02');
  await using open = await startFakeApi({ boundHost: '0.0.0.0' });
  expect((await fetch(`${open.url}/api/v1/servers`)).status).toBe(401);
  expect((await fetch(`${open.url}/metrics`)).status).toBe(401);
  expect((await fetch(`${open.url}/healthz`)).status).toBe(200);
  const headers = { authorization: `Bearer ${TOKEN}` };
  expect((await fetch(`${open.url}/api/v1/servers`, { headers })).status).toBe(200);
});

test('a page of another origin and a rebound name read nothing', async () => {
  verifies('SEC-13');
  expect(await statusWith({ host: 'evil.example' })).toBe(403);
  expect(await statusWith({ origin: 'http://evil.example' })).toBe(403);
  expect(await statusWith({ origin: 'http://localhost:5173' })).toBe(200);
});

describe('following', () => {
  test('gives what is there, then what comes, and lets go when the reader leaves', async () => {
    verifies('SUP-04');
    api.addLog('before');
    const leave = new AbortController();
    const response = await fetch(`${api.url}/api/v1/servers/alpha/logs?follow=true`, {
      signal: leave.signal,
    });
    const read = reader(response);
    await read.until('"before"');
    api.addLog('after');
    await read.until('"after"');
    expect(api.world.logListeners.size).toBe(1);
    leave.abort();
    await expect.poll(() => api.world.logListeners.size, PATIENT).toBe(0);
  });

  test('ends when the instance closes', async () => {
    const response = await fetch(`${api.url}/api/v1/events?follow`);
    await reader(response).until('following');
    api.endStreams();
    await expect.poll(() => api.world.eventListeners.size, PATIENT).toBe(0);
  });

  test('a reader that does not read costs a bounded queue and is told what it missed', async () => {
    const response = await fetch(`${api.url}/api/v1/servers/alpha/logs?follow=true&tail=0`);
    const read = reader(response);
    await read.until('following');
    const text = 'x'.repeat(10_000);
    const written = MAX_FOLLOW_QUEUE * 10;
    for (let n = 0; n < written; n += 1) api.addLog(text);
    const drain = read.until('event: dropped');
    await expect
      .poll(() => {
        api.addLog('one more');
        return Promise.race([
          drain.then(() => 'told'),
          new Promise((resolve) => setImmediate(resolve, 'not yet')),
        ]);
      }, PATIENT)
      .toBe('told');
    expect(read.items()).toBeLessThan(written);
  });
});

function statusWith(headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const url = new URL('/api/v1/servers', api.url);
    httpRequest(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

function reader(response: Response): { until(part: string): Promise<void>; items(): number } {
  const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  return {
    items: () => seen.split('event: item').length - 1,
    async until(part) {
      while (!seen.includes(part)) {
        const next = await chunks?.read();
        if (next === undefined || next.done) throw new Error(`the stream ended before ${part}`);
        seen += next.value;
      }
    },
  };
}

describe('changing', () => {
  const send = (method: string, path: string, body?: string) =>
    get(path, { ...withToken(TOKEN), method, ...(body !== undefined && { body }) });

  test('documents are applied as text, by whoever has the token', async () => {
    verifies('SRC-06');
    expect(await send('POST', '/api/v1/apply?path=a.yaml', 'kind: x')).toMatchObject({
      status: 200,
      body: { items: [{ kind: 'MCPServer', name: 'new', change: 'created' }], warnings: [] },
    });
    expect((await send('DELETE', '/api/v1/resources/mcpserver/new')).status).toBe(204);
    expect(api.world.changes).toEqual(['apply a.yaml by admin: kind: x', 'remove MCPServer new by admin']);
    expect(await send('DELETE', '/api/v1/resources/toolset/owned')).toMatchObject({
      status: 403,
      body: { code: 'refused' },
    });
    expect((await send('DELETE', '/api/v1/resources/gateway/x')).status).toBe(404);
    expect(await send('POST', '/api/v1/check', 'x')).toMatchObject({ status: 200, body: { items: [] } });
  });

  test('what is wrong with documents is told one by one', async () => {
    verifies('SRC-06');
    const problem = { path: 'a.yaml', line: 2, column: 3, message: 'wrong', severity: 'error' } as const;
    api.world.failNext = new InvalidDocumentsError([problem]);
    const { status, body } = await send('POST', '/api/v1/apply', 'x');
    expect(status).toBe(422);
    expect(ApiErrorBodySchema.parse(body)).toMatchObject({
      code: 'invalid_config',
      detail: 'a.yaml:2:3: wrong',
      problems: [problem],
    });
  });

  test('a text that is too long or no text is refused before it is read to the end', async () => {
    expect((await send('POST', '/api/v1/apply', 'x'.repeat(MAX_APPLY_BYTES + 1))).status).toBe(413);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
    const unending = await get('/api/v1/apply', { ...withToken(TOKEN), body: endless, duplex: 'half' });
    expect(unending).toMatchObject({ status: 413, body: { code: 'too_large' } });
    const bytes = await get('/api/v1/apply', {
      ...withToken(TOKEN),
      body: new Uint8Array([0xff, 0xfe, 0xfd]),
    });
    expect(bytes).toMatchObject({ status: 400, body: { code: 'parse_error' } });
    expect((await send('POST', `/api/v1/apply?path=${'p'.repeat(1_001)}`, 'x')).status).toBe(400);
    expect(api.world.changes).toEqual([]);
  });

  test('servers are suspended and resumed; resources are listed', async () => {
    verifies('SRV-10', 'SRC-06');
    for (const action of ['suspend', 'resume', 'start', 'stop'])
      expect(await send('POST', `/api/v1/servers/alpha/${action}`)).toMatchObject({
        status: 200,
        body: { name: 'alpha', kept: 'override' },
      });
    expect(api.world.changes).toEqual(
      ['suspend', 'resume', 'start', 'stop'].map((action) => `${action} alpha by admin`),
    );
    expect((await send('POST', '/api/v1/servers/nope/suspend')).status).toBe(404);
    expect((await send('POST', '/api/v1/servers/alpha/reconnect')).status).toBe(202);
    api.world.resources = [
      { kind: 'MCPServer', name: 'a', origin: { source: 'api', by: 'ann' }, state: 'InForce' },
    ];
    expect((await get('/api/v1/resources')).body).toEqual({ items: api.world.resources });
    expect((await get('/api/v1/resources/mcpserver/a')).body).toEqual(api.world.resources[0]);
    expect((await get('/api/v1/resources/toolset/a')).status).toBe(404);
  });

  test('none of it without the token', async () => {
    verifies('SRC-06');
    const paths = ['apply', 'check', 'servers/alpha/suspend', 'servers/alpha/reconnect'];
    for (const path of paths) expect((await get(`/api/v1/${path}`, { method: 'POST' })).status).toBe(401);
    expect((await get('/api/v1/resources/mcpserver/a', { method: 'DELETE' })).status).toBe(401);
    expect(api.world.changes).toEqual([]);
  });
});
