// Remote servers through a proxy that knows nothing of MCP.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.ts';
import { declared, type WrittenSpec } from '../faults/support/declared.ts';
import { inState } from '../faults/support/observe.ts';
import { openCaller } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startReverseProxy, type ReverseProxy } from '../support/reverse-proxy.ts';
import { verifies } from '../verifies.ts';
import { gatewayText, problems, serverOf, TOOL } from './port-gateway.ts';

/** Nobody is there: who dials it does not go through the proxy. */
const NOWHERE = 'http://127.0.0.1:9';

describe('through the proxy', () => {
  const stack = new AsyncDisposableStack();
  let proxy: ReverseProxy;
  let gateway: Gateway;
  const REMOTE = ['old', 'new', 'sse'] as const;

  beforeAll(async () => {
    const [old, young] = await Promise.all([startHttpFixture('legacy'), startHttpFixture('modern')]);
    stack.use(old);
    stack.use(young);
    proxy = stack.use(await startReverseProxy({ old: old.url, new: young.url, sse: young.url }, '/base'));
    const specs: Record<string, WrittenSpec> = {
      old: { url: `${NOWHERE}/old?key=hidden`, headers: { 'X-Team': '${TEAM}' } },
      new: { url: `${NOWHERE}/new`, headers: { 'X-Team': '${TEAM}' } },
      // Whatever its own type, the proxy speaks Streamable HTTP.
      sse: { url: `${NOWHERE}/sse`, type: 'sse', headers: { 'X-Team': '${TEAM}' } },
      here: fixtureCommand('legacy'),
    };
    gateway = stack.use(
      await startGateway({
        files: { ...declared(specs), 'gateway.json': gatewayText({ upstreamProxy: '${PROXY}/' }) },
        env: { PROXY: proxy.base, TEAM: 'core' },
        waitFor: [...REMOTE, 'here'],
      }),
    );
  }, 120_000);
  afterAll(() => stack.disposeAsync(), 60_000);

  test.each(REMOTE.flatMap((server) => (['legacy', 'modern'] as const).map((era) => [era, server] as const)))(
    'a %s client calls %s, sees progress and answers what it is asked',
    async (era, server) => {
      verifies('GW-10');
      const answer = (): string => '{"action":"accept","content":{"username":"ann","email":"a@b.example"}}';
      await using caller = await openCaller(era, gateway.serverUrl(server), { answer });
      expect((await caller.request('tools/list')).result).toContain(`"name":"${TOOL}"`);
      expect(await caller.callTool(TOOL)).toContain('simple text');
      const seen: string[] = [];
      await caller.callTool('test_tool_with_progress', '{}', {
        meta: '"progressToken":"p"',
        onMessage: (message) => seen.push(message),
      });
      expect(seen.filter((message) => message.includes('notifications/progress')).length).toBeGreaterThan(1);
      expect(await caller.callTool('test_elicitation', '{"message":"who?"}')).toContain('accept');
    },
  );

  test('every remote server is dialled at its name below the proxy, with its headers; others are not', () => {
    verifies('GW-10');
    for (const server of REMOTE) {
      const own = proxy.requests.filter(({ path }) => path === `/base/mcp/${server}`);
      expect(own.length).toBeGreaterThan(0);
      expect(new Set(own.map(({ headers }) => headers['x-team']))).toEqual(new Set(['core']));
    }
    const paths = new Set(proxy.requests.map(({ path }) => path));
    expect([...paths].toSorted()).toEqual(REMOTE.map((server) => `/base/mcp/${server}`).toSorted());
  });

  test('a server is shown with its own url, and with where it is dialled', async () => {
    verifies('GW-10');
    expect(await serverOf(gateway, 'old')).toMatchObject({
      type: 'streamable-http',
      url: `${NOWHERE}/old`,
      dialUrl: `${proxy.base}/mcp/old`,
    });
    expect(await serverOf(gateway, 'sse')).toMatchObject({ type: 'sse', url: `${NOWHERE}/sse` });
    expect((await serverOf(gateway, 'here')).dialUrl).toBeUndefined();
  });

  test('each dial leaves a line with both urls, in the log and in that of the server', async () => {
    verifies('GW-10');
    const dialled = gateway.process
      .output()
      .split('\n')
      .filter((line) => line.includes('server dialled through the proxy'));
    const line = dialled.find((text) => text.includes('"server":"old"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ url: `${NOWHERE}/old`, proxyUrl: `${proxy.base}/mcp/old` });
    expect(dialled.join('')).not.toMatch(/hidden|"server":"here"/);
    const logs = await (await fetch(`${gateway.url}/api/v1/servers/old/logs`)).text();
    expect(logs).toContain(`dialled at ${proxy.base}/mcp/old instead of ${NOWHERE}/old`);
  });

  test('another proxy takes effect at once, one that can’t be resolved is told, and none means the own urls', async () => {
    verifies('GW-10');
    const declare = (spec: object): Promise<void> =>
      writeFile(join(gateway.configPath, 'gateway.json'), gatewayText(spec));
    const { pid } = (await serverOf(gateway, 'here')).status;
    const [target = ''] = proxy.targets.values();
    await using other = await startReverseProxy({ old: target });
    await declare({ upstreamProxy: other.base });
    await eventually(async () => (await serverOf(gateway, 'old')).dialUrl === `${other.base}/mcp/old`);
    await eventually(() => other.requests.some(({ path }) => path === '/mcp/old'));
    await inState(gateway, 'old', 'Connected');
    // The other does not know this one.
    await inState(gateway, 'new', 'Failed', 'Disconnected');

    await declare({ upstreamProxy: '${NO_SUCH_VARIABLE}' });
    const expected =
      'gateway.json:1 the variable NO_SUCH_VARIABLE is not set; set it before Tutti starts, or write a default: `${NO_SUCH_VARIABLE:-…}`';
    await eventually(async () => (await problems(gateway)).includes(expected), { what: expected });
    expect((await serverOf(gateway, 'old')).dialUrl).toBe(`${other.base}/mcp/old`);
    const caller = await openCaller('modern', gateway.serverUrl('old'));
    expect(await caller.callTool(TOOL)).toContain('simple text');

    await declare({});
    await eventually(async () => (await serverOf(gateway, 'old')).dialUrl === undefined);
    await inState(gateway, 'old', 'Failed', 'Disconnected');
    expect(await problems(gateway)).toEqual([]);
    await declare({ upstreamProxy: proxy.base });
    for (const server of REMOTE) await inState(gateway, server, 'Connected');
    expect((await serverOf(gateway, 'here')).status.pid).toBe(pid);
  });
});

describe('at the start', () => {
  const files = (spec: object): Readonly<Record<string, string>> => ({
    ...declared({ far: { url: `${NOWHERE}/far` } }),
    'gateway.json': gatewayText(spec),
  });

  test.each([
    ['a variable that is not set', '${NO_SUCH_VARIABLE}', {}, 'the variable NO_SUCH_VARIABLE is not set'],
    ['a variable that is no url', '${PROXY}', { PROXY: 'proxy:8080' }, 'no `http://` or `https://` url'],
    [
      'an environment that is no url',
      undefined,
      { MUSTER_AGW_UPSTREAM_URL: 'x' },
      'MUSTER_AGW_UPSTREAM_URL: no `http://`',
    ],
    [
      'auto in a pod',
      'auto',
      { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
      'set MUSTER_AGW_UPSTREAM_URL to its address',
    ],
  ])('%s ends it with a message that says so', async (_, upstreamProxy, env, message) => {
    verifies('GW-10');
    const folder = await mkdtemp(join(tmpdir(), 'tutti-test-'));
    for (const [name, text] of Object.entries(files({ upstreamProxy })))
      await writeFile(join(folder, name), text);
    const args = ['up', folder, '--port', '0', '--state', join(folder, 'state')];
    const { exitCode, stderr } = await runCli(args, { env });
    await rm(folder, { recursive: true, force: true });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
    if (upstreamProxy !== undefined) expect(stderr).toContain('gateway.json:1:1: spec.upstreamProxy: ');
  });

  test('the environment names the proxy where the configuration does not', async () => {
    verifies('GW-10');
    await using proxy = await startReverseProxy({});
    const env = { MUSTER_AGW_UPSTREAM_URL: `${proxy.base}/` };
    {
      await using gateway = await startGateway({ files: files({}), env });
      expect((await serverOf(gateway, 'far')).dialUrl).toBe(`${proxy.base}/mcp/far`);
    }
    await using gateway = await startGateway({ files: files({ upstreamProxy: 'http://127.0.0.1:1' }), env });
    expect((await serverOf(gateway, 'far')).dialUrl).toBe('http://127.0.0.1:1/mcp/far');
  });

  test('auto is the one of the environment, else the usual one of this machine', async () => {
    verifies('GW-10');
    const outside = { KUBERNETES_SERVICE_HOST: '' };
    await using gateway = await startGateway({ files: files({ upstreamProxy: 'auto' }), env: outside });
    expect((await serverOf(gateway, 'far')).dialUrl).toBe('http://localhost:8080/mcp/far');
    const env = { MUSTER_AGW_UPSTREAM_URL: 'http://127.0.0.1:1/', KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    await using other = await startGateway({ files: files({ upstreamProxy: 'auto' }), env });
    expect((await serverOf(other, 'far')).dialUrl).toBe('http://127.0.0.1:1/mcp/far');
  });

  test('a proxy that comes up a moment later is waited for', async () => {
    verifies('GW-10');
    await using fixture = await startHttpFixture('modern');
    await using proxy = await startReverseProxy({ far: fixture.url });
    await proxy.stop();
    await using gateway = await startGateway({ files: files({ upstreamProxy: proxy.base }) });
    await proxy.start();
    await inState(gateway, 'far', 'Connected');
  });
});
