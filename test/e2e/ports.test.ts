// A server on a port of its own: whatever the server speaks, and whatever the client does.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.ts';
import type { WrittenSpec } from '../faults/support/declared.ts';
import { openCaller } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { freePorts } from '../support/free-ports.ts';
import type { Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { exchange } from '../support/raw-http.ts';
import { initializeSse, openSse } from '../support/sse-client.ts';
import { verifies } from '../verifies.ts';
import { ANY_PORT, CALL, portCondition, serverOf, TOOL, withServers } from './port-gateway.ts';

describe('a server on its port', () => {
  const stack = new AsyncDisposableStack();
  let gateway: Gateway;
  /** By server. */
  const ports: Record<string, number> = {};
  const SERVERS = ['old', 'new', 'far'] as const;
  const url = (name: string, path = ''): string => `http://127.0.0.1:${ports[name]}${path}`;

  beforeAll(async () => {
    const far = stack.use(await startHttpFixture('modern'));
    const specs: Record<(typeof SERVERS)[number], WrittenSpec> = {
      old: fixtureCommand('legacy'),
      new: fixtureCommand('modern'),
      far: { url: far.url },
    };
    const free = await freePorts(SERVERS.length);
    const servers = SERVERS.map((name, index): [string, WrittenSpec] => {
      const port = free[index] ?? 0;
      ports[name] = port;
      return [name, { ...specs[name], port, description: `the ${name} one`, metadata: { team: 'core' } }];
    });
    const limits = { maxBodySize: '64Ki', maxHeaderSize: '4Ki' };
    gateway = stack.use(
      await withServers(
        Object.fromEntries(servers),
        { ports: ANY_PORT, limits, allowedHosts: ['tutti.example.com'] },
        { waitFor: [...SERVERS] },
      ),
    );
  }, 120_000);
  afterAll(() => stack.disposeAsync(), 60_000);

  test.each(
    SERVERS.flatMap((server) => (['legacy', 'modern'] as const).map((era) => [era, server] as const)),
  )('answers a %s client at /mcp under its own names: %s', async (era, server) => {
    verifies('SRV-08');
    await using caller = await openCaller(era, url(server, '/mcp'));
    const { result = '{}' } = await caller.request('tools/list');
    expect(result).toContain(`"name":"${TOOL}"`);
    expect(result).not.toContain(`${server}_${TOOL}`);
    expect(await caller.callTool(TOOL)).toContain('simple text');
    expect(
      (await caller.request('tools/call', '{"name":"no_such_tool","arguments":{}}')).error,
    ).toBeDefined();
  });

  test.each(SERVERS.flatMap((server) => ['/sse', '/', ''].map((path) => [path, server] as const)))(
    'answers a raw client of HTTP+SSE at "%s": %s',
    async (path, server) => {
      verifies('SRV-08');
      await using client = await openSse(url(server, path));
      expect(client.endpoint.origin).toBe(url(server));
      expect(memberText(await initializeSse(client), 'result', 'protocolVersion')).toBe('"2024-11-05"');
      expect(await client.request('tools/list')).toContain(`"name":"${TOOL}"`);
      expect(await client.request('tools/call', CALL)).toContain('simple text');
    },
  );

  test.each(['', '/sse'])('is a server of type SSE for the official client, at "%s"', async (path) => {
    verifies('SRV-08');
    const client = new ClientV1({ name: 'sdk-v1', version: '1.0.0' });
    await client.connect(new SSEClientTransport(new URL(url('old', path))));
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain(TOOL);
    expect(JSON.stringify(await client.callTool({ name: TOOL, arguments: {} }))).toContain('simple text');
    await client.close();
  });

  test.each(['legacy', 'auto', { pin: '2026-07-28' }] as const)(
    'is a Streamable HTTP server for the official client: %j',
    async (mode) => {
      verifies('SRV-08');
      const client = new Client({ name: 'sdk-v2', version: '1.0.0' }, { versionNegotiation: { mode } });
      await client.connect(new StreamableHTTPClientTransport(new URL(url('old', '/mcp'))));
      expect((await client.listTools()).tools.map(({ name }) => name)).toContain(TOOL);
      expect(JSON.stringify(await client.callTool({ name: TOOL, arguments: {} }))).toContain('simple text');
      await client.close();
    },
  );

  test('asks its client through its port, over each transport', async () => {
    verifies('SRV-08', 'GW-05');
    const answer = (): string => '{"action":"accept","content":{"color":"red"}}';
    for (const era of ['legacy', 'modern'] as const) {
      await using caller = await openCaller(era, url('old', '/mcp'), { answer });
      expect(await caller.callTool('test_elicitation', '{"message":"which?"}')).toContain('accept');
    }
  });

  test.each(['legacy', 'modern'] as const)(
    'tells a %s client on its port that its tools changed',
    async (era) => {
      verifies('SRV-08', 'GW-05');
      await using caller = await openCaller(era, url('old', '/mcp'));
      await using sse = await openSse(url('old', '/sse'));
      await initializeSse(sse);
      const heard: string[] = [];
      await using _ = await caller.listen([], (message) => heard.push(message));
      await caller.callTool('add_tool', JSON.stringify({ name: `more_for_${era}` }));
      const isNews = (message: string): boolean => message.includes('notifications/tools/list_changed');
      await eventually(() => heard.some(isNews) && sse.messages.some(isNews), { what: 'the news' });
      expect((await caller.request('tools/list')).result).toContain(`"more_for_${era}"`);
    },
  );

  test('shows its url over the API, in `describe` and in what `up` prints', async () => {
    verifies('SRV-08');
    for (const name of SERVERS) {
      const server = await serverOf(gateway, name);
      expect(server.portUrl).toBe(url(name));
      expect(server.metadata).toEqual({ team: 'core' });
      expect(await portCondition(gateway, name)).toMatchObject({ status: 'True', reason: 'Listening' });
    }
    const { stdout } = await runCli(['describe', 'server', 'old', '--url', gateway.url]);
    expect(stdout).toMatch(new RegExp(`^Own port: +${url('old')}/mcp, ${url('old')}/sse$`, 'm'));
    expect(gateway.process.output()).toContain(url('old'));
  });

  test('other paths and methods are told where to go', async () => {
    verifies('SRV-08');
    const get = await exchange(url('old', '/mcp/old'), { method: 'GET', headers: {} });
    expect([get.status, String(get.body)]).toEqual([404, expect.stringContaining('old is at /mcp')]);
    const post = await exchange(url('old', '/'), { method: 'POST', headers: {}, body: '{}' });
    expect([post.status, String(post.body)]).toEqual([405, expect.stringContaining('is at /mcp')]);
    expect((await exchange(url('old', '/api/v1/servers'), { method: 'GET', headers: {} })).status).toBe(404);
    expect(
      (await exchange(url('old', '/messages?sessionId=x'), { method: 'POST', headers: {} })).status,
    ).toBe(404);
  });

  test('checks hosts, origins, bodies and headers as the endpoint of all does', async () => {
    verifies('SRV-08', 'GW-07');
    const status = async (params: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
      (await modernRequest(url('old', '/mcp'), 'tools/list', params, { headers })).status;
    expect(await status('{}', { host: 'tutti.example.com' })).toBe(200);
    expect(await status('{}', { host: 'evil.example.com' })).toBe(403);
    expect(await status('{}', { origin: 'https://evil.example.com' })).toBe(403);
    expect(await status(`{"x":"${'x'.repeat(70_000)}"}`)).toBe(413);
    expect(await status('{}', { 'x-padding': 'x'.repeat(5_000) })).toBe(431);
    for (const path of ['/sse', '/']) {
      const headers = { host: 'evil.example.com' };
      expect((await exchange(url('old', path), { method: 'GET', headers })).status).toBe(403);
    }
  });

  test('a session of a port is one of that port alone', async () => {
    verifies('SRV-08');
    const here = await openLegacy(url('old', '/mcp'));
    const headers = { 'mcp-session-id': here.sessionId ?? '' };
    const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    const post = async (to: string): Promise<number> =>
      (
        await exchange(to, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: ping,
        })
      ).status;
    expect(await post(url('old', '/mcp'))).toBe(200);
    expect(await post(gateway.serverUrl('old'))).toBe(404);
    expect(await post(url('new', '/mcp'))).toBe(404);
    await using sse = await openSse(url('old', '/sse'));
    const elsewhere = new URL(sse.endpoint.pathname + sse.endpoint.search, url('new'));
    expect((await exchange(elsewhere, { method: 'POST', headers: {}, body: ping })).status).toBe(404);
  });

  test('the entries for MetaMCP: printed, written, never over a file that says something else', async () => {
    verifies('SRC-09');
    const run = (...args: string[]) => runCli(['export', 'metamcp', '--url', gateway.url, ...args]);
    const printed = await run('-o', 'json');
    const entry = (name: string, entryUrl = url(name), type = 'SSE') => ({
      name,
      type,
      url: entryUrl,
      enabled: true,
      description: `the ${name} one`,
      metadata: { team: 'core' },
    });
    expect(JSON.parse(printed.stdout)).toEqual(
      SERVERS.map((name) => entry(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
    expect((await run()).stdout).toContain(url('far'));
    const http = await run('-o', 'json', '--type', 'http', '--url-host', 'mcp.example.com');
    expect(JSON.parse(http.stdout)[0]).toEqual(
      entry('far', `http://mcp.example.com:${ports['far']}/mcp`, 'HTTP'),
    );

    expect((await run('--url-host', 'http://mcp.example.com')).exitCode).toBe(2);

    const folder = join(gateway.folder, 'metamcp');
    const file = join(folder, 'old.json');
    const written = await run('--write', folder);
    expect([written.exitCode, written.stdout]).toEqual([0, expect.stringContaining('old.json')]);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(entry('old'));
    expect((await run('--write', folder)).exitCode).toBe(0);
    await writeFile(file, 'mine');
    await rm(join(folder, 'new.json'));
    const refused = await run('--write', folder);
    expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining('--force')]);
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect(JSON.parse(await readFile(join(folder, 'new.json'), 'utf8'))).toEqual(entry('new'));
    expect((await run('--write', folder, '--force')).exitCode).toBe(0);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(entry('old'));
    const read = await runCli(['validate', folder]);
    expect([read.exitCode, read.stderr]).toEqual([0, '']);
  });
});
