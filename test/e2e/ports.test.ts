// Servers on ports of their own: whatever the server speaks, and whatever the client does.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { ApiEventListSchema, ApiProblemListSchema, type ApiServer } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.ts';
import { declaration, declared, type WrittenSpec } from '../faults/support/declared.ts';
import { inState } from '../faults/support/observe.ts';
import { openCaller } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { freePorts, listenOn } from '../support/free-ports.ts';
import { startGateway, type Gateway, type GatewayOptions } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { exchange } from '../support/raw-http.ts';
import { initializeSse, openSse } from '../support/sse-client.ts';
import { verifies } from '../verifies.ts';

const TOOL = 'test_simple_text';
const CALL = JSON.stringify({ name: TOOL, arguments: {} });

const gatewayText = (spec: object): string =>
  JSON.stringify({ apiVersion: 'tutti.dev/v1alpha1', kind: 'Gateway', metadata: { name: 'gateway' }, spec });

/** All ports that a test may be given. */
const ANY_PORT = { from: 1_024, to: 65_535, reserved: [] };

function withServers(
  servers: Readonly<Record<string, WrittenSpec>>,
  spec: object = { ports: ANY_PORT },
  more: GatewayOptions = {},
): Promise<Gateway> {
  return startGateway({ ...more, files: { ...declared(servers), 'gateway.json': gatewayText(spec) } });
}

async function serverOf(gateway: Gateway, name: string): Promise<ApiServer> {
  const found = (await gateway.servers()).find((server) => server.name === name);
  if (found === undefined) throw new Error(`there is no server ${name}`);
  return found;
}

async function portCondition(gateway: Gateway, name: string) {
  return (await serverOf(gateway, name)).status.conditions.find(({ type }) => type === 'PortOpen');
}

const served = (gateway: Gateway, name: string, port: number): Promise<unknown> =>
  eventually(async () => (await serverOf(gateway, name)).portUrl === `http://127.0.0.1:${port}`, {
    what: `${name} on ${port}`,
  });

const declare = (gateway: Gateway, name: string, spec: WrittenSpec): Promise<void> =>
  writeFile(join(gateway.configPath, `${name}.json`), declaration(name, spec));

async function problems(gateway: Gateway): Promise<string[]> {
  const { items } = ApiProblemListSchema.parse(await (await fetch(`${gateway.url}/api/v1/problems`)).json());
  return items.map(({ path, line, message }) => `${path.split('/').at(-1)}:${line} ${message}`);
}

async function eventsOf(gateway: Gateway, name: string, reason: string): Promise<string[]> {
  const { items } = ApiEventListSchema.parse(await (await fetch(`${gateway.url}/api/v1/events`)).json());
  return items
    .filter((event) => event.name === name && event.reason === reason)
    .map(({ message }) => message);
}

async function refuses(port: number): Promise<boolean> {
  const answer = await exchange(`http://127.0.0.1:${port}/mcp`, { method: 'GET', headers: {} }).catch(
    () => undefined,
  );
  return answer === undefined;
}

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
    expect(gateway.process.output()).toContain(`${url('old')}`);
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

describe('ports that servers can’t have', () => {
  test('are problems with file and line, and the servers run without them', async () => {
    verifies('SRV-07');
    const [from = 0] = await freePorts(1);
    const servers = { alpha: from, beta: from, gamma: from + 1, delta: from + 2 };
    const specs = Object.entries(servers).map(([name, port]): [string, WrittenSpec] => [
      name,
      { ...fixtureCommand('legacy'), port },
    ]);
    await using gateway = await withServers(
      Object.fromEntries(specs),
      { ports: { from, to: from + 1, reserved: [from + 1] } },
      { waitFor: Object.keys(servers) },
    );
    await served(gateway, 'alpha', from);
    expect(await problems(gateway)).toEqual([
      `beta.json:1 ${from} is the port of \`alpha\` (${join(gateway.configPath, 'alpha.json')}:1) already; choose another one for \`beta\``,
      `delta.json:1 ${from + 2} is not one of the ports ${from} to ${from + 1}; choose one of them, or change \`ports\` of the Gateway`,
      `gamma.json:1 ${from + 1} is reserved; choose another one, or take it out of \`ports.reserved\` of the Gateway`,
    ]);
    for (const name of ['beta', 'gamma', 'delta']) {
      expect((await serverOf(gateway, name)).portUrl).toBeUndefined();
      expect(await portCondition(gateway, name)).toMatchObject({ status: 'False' });
      expect(await eventsOf(gateway, name, 'MCPServerPortUnavailable')).toHaveLength(1);
      const caller = await openCaller('modern', gateway.serverUrl(name));
      expect(await caller.callTool(TOOL)).toContain('simple text');
    }
    expect(await refuses(from + 2)).toBe(true);

    // What others give up is there for those who want it, and wider settings hold at once.
    await rm(join(gateway.configPath, 'alpha.json'));
    await served(gateway, 'beta', from);
    await writeFile(join(gateway.configPath, 'gateway.json'), gatewayText({ ports: ANY_PORT }));
    await served(gateway, 'delta', from + 2);
    await served(gateway, 'gamma', from + 1);
    expect(await problems(gateway)).toEqual([]);
    const caller = await openCaller('modern', `http://127.0.0.1:${from}/mcp`);
    expect((await caller.request('tools/list')).result).toContain(TOOL);
  });

  test('one that another process has: the server runs, says who has it, and gets it once it is free', async () => {
    verifies('SRV-07', 'SRV-08');
    const [free = 0] = await freePorts(1);
    const stranger = await listenOn();
    await using gateway = await withServers(
      {
        taken: { ...fixtureCommand('legacy'), port: stranger.port },
        fine: { ...fixtureCommand('legacy'), port: free },
      },
      { ports: ANY_PORT },
      { waitFor: ['taken', 'fine'] },
    );
    const condition = await portCondition(gateway, 'taken');
    expect(condition).toMatchObject({ status: 'False', reason: 'Unavailable' });
    expect(condition?.message).toContain(`port ${stranger.port} on 127.0.0.1 is in use`);
    expect(condition?.message).toContain(`process ${process.pid} (`);
    expect(condition?.message).toMatch(/next attempt at \d{4}-/);
    expect(await serverOf(gateway, 'taken')).toMatchObject({ status: { state: 'Running' } });
    await served(gateway, 'fine', free);
    const before = await eventsOf(gateway, 'taken', 'MCPServerPortUnavailable');
    expect(before).toEqual([expect.stringContaining(`port ${stranger.port}`)]);
    await stranger[Symbol.asyncDispose]();
    await served(gateway, 'taken', stranger.port);
    // Tried more than once, told once.
    expect(await eventsOf(gateway, 'taken', 'MCPServerPortUnavailable')).toEqual(before);
    expect(await eventsOf(gateway, 'taken', 'MCPServerPortOpened')).toHaveLength(1);
  });

  test('an address that others can reach is refused without --insecure-open', async () => {
    verifies('SRV-07');
    const [port = 0] = await freePorts(1);
    await using gateway = await withServers(
      { open: { ...fixtureCommand('legacy'), port } },
      { ports: { ...ANY_PORT, host: '0.0.0.0' } },
      { waitFor: ['open'] },
    );
    expect(await problems(gateway)).toEqual([
      expect.stringContaining('open.json:1 0.0.0.0 can be reached by others'),
    ]);
    expect(await refuses(port)).toBe(true);
  });
});

describe('ports follow their declarations', () => {
  test('moved, suspended, failed, removed', async () => {
    verifies('SRV-08', 'SRC-04');
    const [one = 0, two = 0] = await freePorts(2);
    const command = fixtureCommand('legacy');
    await using gateway = await withServers(
      { a: { ...command, port: one } },
      { ports: ANY_PORT },
      { waitFor: ['a'] },
    );
    await served(gateway, 'a', one);
    const { pid } = (await serverOf(gateway, 'a')).status;
    await using sse = await openSse(`http://127.0.0.1:${one}`);
    await initializeSse(sse);
    const legacy = await openLegacy(`http://127.0.0.1:${one}/mcp`);
    const stream = await legacy.stream();
    const modern = await openCaller('modern', `http://127.0.0.1:${one}/mcp`);
    const listening = modern.request('subscriptions/listen', '{"notifications":{"toolsListChanged":true}}');

    await declare(gateway, 'a', { ...command, port: two });
    await served(gateway, 'a', two);
    await Promise.all([sse.ended, stream.ended, listening]);
    expect(await refuses(one)).toBe(true);
    const moved = `http://127.0.0.1:${two}/mcp`;
    const session = { headers: { 'mcp-session-id': legacy.sessionId ?? '' } };
    expect((await exchange(moved, { method: 'DELETE', ...session })).status).toBe(404);
    const caller = await openCaller('modern', moved);
    expect(await caller.callTool(TOOL)).toContain('simple text');
    // The port is no part of the process.
    expect((await serverOf(gateway, 'a')).status.pid).toBe(pid);

    await declare(gateway, 'a', { ...command, port: two, suspended: true });
    await inState(gateway, 'a', 'Suspended');
    const held = await caller.request('tools/call', CALL);
    expect(held.error).toContain('a is suspended; set `suspended: false` to start it');
    await using resting = await openSse(`http://127.0.0.1:${two}`);
    await initializeSse(resting);
    expect(await resting.request('tools/call', CALL)).toContain('a is suspended');
    expect((await serverOf(gateway, 'a')).portUrl).toBe(`http://127.0.0.1:${two}`);

    await declare(gateway, 'a', { command: '/no/such/program', port: two });
    await inState(gateway, 'a', 'Failed');
    expect((await caller.request('tools/call', CALL)).error).toContain('/no/such/program');

    await declare(gateway, 'a', { ...command, port: two });
    await inState(gateway, 'a', 'Running');
    expect(await caller.callTool(TOOL)).toContain('simple text');

    await declare(gateway, 'a', command);
    await eventually(() => refuses(two), { what: 'the port closed' });
    expect(await portCondition(gateway, 'a')).toBeUndefined();
    expect(await eventsOf(gateway, 'a', 'MCPServerPortClosed')).toHaveLength(1);

    await declare(gateway, 'a', { ...command, port: two });
    await served(gateway, 'a', two);
    await rm(join(gateway.configPath, 'a.json'));
    await eventually(() => refuses(two), { what: 'the port of a deleted server closed' });
  });

  test('two servers swap their ports', async () => {
    verifies('SRV-08');
    const [one = 0, two = 0] = await freePorts(2);
    const [old, young] = [fixtureCommand('legacy'), fixtureCommand('modern')];
    const both = (a: number, b: number): string =>
      `[${declaration('a', { ...old, port: a })},${declaration('b', { ...young, port: b })}]`;
    await using gateway = await startGateway({
      files: { 'both.json': both(one, two), 'gateway.json': gatewayText({ ports: ANY_PORT }) },
      waitFor: ['a', 'b'],
    });
    await served(gateway, 'a', one);
    await served(gateway, 'b', two);
    await writeFile(join(gateway.configPath, 'both.json'), both(two, one));
    await served(gateway, 'a', two);
    await served(gateway, 'b', one);
    const discover = async (port: number): Promise<string> =>
      (await modernRequest(`http://127.0.0.1:${port}/mcp`, 'tools/list')).result ?? '';
    expect(await discover(one)).toContain(TOOL);
    expect(await eventsOf(gateway, 'a', 'MCPServerPortUnavailable')).toEqual([]);
  });

  test('streams of all ports are counted together', async () => {
    verifies('SRV-08', 'GW-07');
    const [port = 0] = await freePorts(1);
    await using gateway = await withServers(
      { a: { ...fixtureCommand('legacy'), port } },
      { ports: ANY_PORT, limits: { maxStreams: 2 } },
      { waitFor: ['a'] },
    );
    await served(gateway, 'a', port);
    const own = `http://127.0.0.1:${port}`;
    const status = async (): Promise<number> => (await modernRequest(`${own}/mcp`, 'tools/list')).status;
    {
      await using _ = await openSse(own);
      expect(await status()).toBe(200);
      await using __ = await openSse(`${gateway.url}/sse`);
      expect(await status()).toBe(503);
      expect((await exchange(own, { method: 'GET', headers: {} })).status).toBe(503);
      expect((await modernRequest(gateway.mcpUrl, 'tools/list')).status).toBe(503);
    }
    await eventually(async () => (await status()) === 200, { what: 'room again' });
  });

  test('Tutti ends in time with streams open on them', async () => {
    verifies('SRV-08', 'SUP-09');
    const [port = 0] = await freePorts(1);
    await using gateway = await withServers(
      { a: { ...fixtureCommand('legacy'), port } },
      { ports: ANY_PORT },
      { waitFor: ['a'] },
    );
    await served(gateway, 'a', port);
    await using sse = await openSse(`http://127.0.0.1:${port}`);
    await initializeSse(sse);
    gateway.process.child.kill('SIGTERM');
    await sse.ended;
    expect((await gateway.process.ended).code).toBe(0);
    expect(await refuses(port)).toBe(true);
  });
});
