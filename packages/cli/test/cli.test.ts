import { createServer } from 'node:http';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { verifies } from '../../../test/verifies.ts';
import { aServer, startFakeApi, TOKEN, type FakeApi } from '../../server/test/api/fake-api.ts';
import { startFakeMcp, type FakeMcp } from './fake-mcp.ts';
import { runCli, startCli } from './run-cli.ts';

let api: FakeApi;
let mcp: FakeMcp;
let env: Record<string, string>;

beforeAll(async () => {
  mcp = startFakeMcp();
  api = await startFakeApi({ mcp: mcp.listener });
  env = { TUTTI_URL: api.url, TUTTI_TOKEN: TOKEN };
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(() => {
  api.world.servers = [
    aServer('alpha'),
    aServer('beta', { state: 'Failed', restartCount: 3, lastError: 'exit code 1: no such file' }),
  ];
  api.world.logs = [];
  api.world.problems = [];
  api.world.toolsets = [];
  api.world.restarted = [];
  const inputSchema = { type: 'object', properties: { count: { type: 'integer', 'x-mcp-header': 'Count' } } };
  api.world.tools = [
    { server: 'alpha', name: 'roll', exposedName: 'alpha_roll', description: 'Rolls dice.', inputSchema },
    { server: 'alpha', name: 'same', exposedName: 'alpha_same', inputSchema: {} },
    { server: 'beta', name: 'same', exposedName: 'beta_same', inputSchema: {} },
  ];
});

describe('watching', () => {
  test('get servers is a table for people and the API for programs', async () => {
    verifies('OPS-05');
    const table = await runCli(['get', 'servers'], { env });
    expect(table).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: [
        'NAME   TYPE   STATE    TOOLS  RESTARTS  NOTE',
        'alpha  stdio  Running  2      0',
        'beta   stdio  Failed   2      3         exit code 1: no such file',
        '',
      ].join('\n'),
    });
    const json = await runCli(['get', 'servers', '-o', 'json'], { env });
    expect(JSON.parse(json.stdout)).toEqual({ items: api.world.servers });
    const yaml = await runCli(['get', 'servers', '-o', 'yaml'], { env });
    expect(parseYaml(yaml.stdout)).toEqual({ items: api.world.servers });
  });

  test('get toolsets tells where they are and what is wrong; tools --set lists one', async () => {
    verifies('CAT-05', 'OPS-05');
    expect((await runCli(['get', 'toolsets'], { env })).stdout).toContain('No toolsets are declared');
    const set = { promptCount: 0, resourceCount: 0, servers: [] };
    api.world.toolsets = [
      { name: 'dev', url: 'http://x/mcp/sets/dev', description: 'Git', toolCount: 2, conditions: [], ...set },
      {
        name: 'none',
        url: 'http://x/mcp/sets/none',
        toolCount: 0,
        conditions: [{ type: 'Ready', status: 'False', message: 'nothing matches' }],
        ...set,
      },
    ];
    expect((await runCli(['get', 'toolsets'], { env })).stdout).toBe(
      [
        'NAME  TOOLS  PROMPTS  RESOURCES  URL                     NOTE',
        'dev   2      0        0          http://x/mcp/sets/dev   Git',
        'none  0      0        0          http://x/mcp/sets/none  nothing matches',
        '',
      ].join('\n'),
    );
    const listed = await runCli(['tools', '--set', 'dev'], { env });
    expect(listed.stdout).toContain('alpha_roll');
    expect(await runCli(['tools', '--set', 'nope'], { env })).toMatchObject({ exitCode: 3 });
    expect(await runCli(['tools', '--set', 'dev', '--server', 'alpha'], { env })).toMatchObject({
      exitCode: 2,
    });
  });

  test('describe server tells everything', async () => {
    api.addLog('a line of its log');
    const { stdout, exitCode } = await runCli(['describe', 'server', 'alpha'], { env });
    expect(exitCode).toBe(0);
    for (const part of ['tutti.yaml:3', 'Running', 'alpha_roll', 'a line of its log', 'Ready']) {
      expect(stdout).toContain(part);
    }
  });

  test('logs prints what is there, -f goes on until it is interrupted', async () => {
    verifies('SUP-04');
    api.addLog('first');
    expect((await runCli(['logs', 'alpha'], { env })).stdout).toBe('1970-01-01T00:00:00.000Z first\n');
    await using following = startCli(['logs', 'alpha', '-f'], { env });
    await expect.poll(() => following.stdout(), { timeout: 20_000 }).toContain('first');
    api.addLog('second\u001b[31m red');
    await expect.poll(() => following.stdout(), { timeout: 20_000 }).toContain('second red');
    following.child.kill('SIGINT');
    expect((await following.result).exitCode).toBe(130);
  });

  test('a wrong name is answered with the right one', async () => {
    for (const args of [
      ['logs', 'alhpa'],
      ['describe', 'server', 'alhpa'],
      ['restart', 'alhpa'],
    ]) {
      const { exitCode, stderr } = await runCli(args, { env });
      expect(exitCode).toBe(3);
      expect(stderr).toBe(
        'error: There is no server "alhpa".\nDid you mean "alpha"? There are: alpha, beta.\n',
      );
    }
  });
});

describe('changing', () => {
  test('restart needs the token', async () => {
    verifies('SEC-02');
    const { exitCode, stderr } = await runCli(['restart', 'alpha'], {
      env: { ...env, TUTTI_TOKEN: 'wrong' },
    });
    expect({ exitCode, restarted: api.world.restarted }).toEqual({ exitCode: 4, restarted: [] });
    expect(stderr).toContain('token');
    expect((await runCli(['restart', 'alpha'], { env })).exitCode).toBe(0);
    expect(api.world.restarted).toEqual(['alpha']);
  });

  test('reload prints what is wrong and where', async () => {
    const place = { path: 'tutti.yaml', line: 3, column: 5, field: 'spec.command' };
    api.world.problems = [{ ...place, message: 'required; add it', severity: 'error' }];
    const { exitCode, stdout } = await runCli(['reload'], { env });
    expect(exitCode).toBe(2);
    expect(stdout).toContain('tutti.yaml:3:5: spec.command: required; add it');
  });
});

describe('call', () => {
  test('sends what a modern client sends, shows progress on stderr and the content on stdout', async () => {
    const { stdout, stderr, exitCode } = await runCli(['call', 'alpha_roll', 'count=7'], { env });
    expect({ stdout, exitCode }).toEqual({ stdout: 'rolled\n', exitCode: 0 });
    expect(stderr).toBe('1 of 2: rolling\n2 of 2\n');
    expect(mcp.last()?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'alpha_roll',
      'mcp-param-count': '7',
    });
    expect(mcp.last()?.body).toContain('"arguments":{"count":7}');
  });

  test('takes the plain name when only one server has it', async () => {
    expect((await runCli(['call', 'roll'], { env })).exitCode).toBe(0);
    const { exitCode, stderr } = await runCli(['call', 'same'], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('alpha_same, beta_same');
    const missing = await runCli(['call', 'alpha_rol'], { env });
    expect(missing).toMatchObject({ exitCode: 3 });
    expect(missing.stderr).toContain('Did you mean "alpha_roll"?');
  });

  test.each([
    ['tool-error', 1, 'it went wrong\n', ''],
    ['unavailable', 5, '', 'error: alpha is Failed: exit code 1\n'],
    ['input-required', 4, '', 'error: The tool asks a question back'],
    ['cut-off', 5, '', 'error: The connection ended before the answer came.\n'],
    ['http-500', 5, '', 'error: The endpoint gave no answer to the call (HTTP 500).\n'],
  ])('an answer of the kind %s ends with %i', async (kind, exitCode, stdout, stderr) => {
    mcp.answerNext(kind);
    const result = await runCli(['call', 'alpha_same'], { env });
    expect(result).toMatchObject({ exitCode, stdout });
    expect(result.stderr.startsWith(stderr)).toBe(true);
  });

  test('interrupting closes the call', async () => {
    mcp.answerNext('never');
    await using calling = startCli(['call', 'alpha_same'], { env });
    await expect.poll(() => mcp.open(), { timeout: 20_000 }).toBe(1);
    calling.child.kill('SIGINT');
    expect((await calling.result).exitCode).toBe(130);
    await expect.poll(() => mcp.open(), { timeout: 20_000 }).toBe(0);
  });

  test('-o json prints the result as it is', async () => {
    const { stdout } = await runCli(['call', 'roll', '--json', '{"count":1}', '-o', 'json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({ content: [{ type: 'text', text: 'rolled' }] });
  });
});

describe('declaring', () => {
  test('init writes a file once', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'tutti-init-'));
    expect((await runCli(['init'], { cwd })).exitCode).toBe(0);
    const text = await readFile(join(cwd, 'tutti.yaml'), 'utf8');
    expect(parseYaml(text)).toMatchObject({ kind: 'MCPServer', metadata: { name: 'everything' } });
    await writeFile(join(cwd, 'tutti.yaml'), 'mine');
    const again = await runCli(['init'], { cwd });
    expect(again.exitCode).toBe(4);
    expect(again.stderr).toContain('is there already and was not changed');
    expect(await readFile(join(cwd, 'tutti.yaml'), 'utf8')).toBe('mine');
  });

  test('add writes a file of its own, once', async () => {
    verifies('SRC-08');
    const cwd = await mkdtemp(join(tmpdir(), 'tutti-add-'));
    const args = ['add', 'github', '-e', 'TOKEN=${TOKEN}', '--', 'npx', '-y', 'server', '--flag'];
    const added = await runCli(args, { cwd });
    expect(added).toMatchObject({ exitCode: 0, stderr: '' });
    expect(added.stdout).toContain('tutti up');
    expect(parseYaml(await readFile(join(cwd, 'tutti', 'github.yaml'), 'utf8'))).toEqual({
      apiVersion: 'tutti.dev/v1alpha1',
      kind: 'MCPServer',
      metadata: { name: 'github' },
      spec: { command: 'npx', args: ['-y', 'server', '--flag'], env: { TOKEN: '${TOKEN}' } },
    });
    expect((await runCli(args, { cwd })).exitCode).toBe(4);
    await writeFile(join(cwd, 'tutti.yaml'), '');
    const remote = ['add', 'docs', '--url', 'https://example.com/mcp', '-H', 'X-Key: a: b', '--port', '3005'];
    const second = await runCli(remote, { cwd });
    expect(second).toMatchObject({ exitCode: 0, stderr: '' });
    expect(parseYaml(await readFile(join(cwd, 'tutti', 'docs.yaml'), 'utf8'))).toMatchObject({
      spec: { url: 'https://example.com/mcp', headers: { 'X-Key': 'a: b' }, port: 3005 },
    });
  });

  test('add says when it takes the place of what was read so far', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'tutti-add-'));
    await writeFile(join(cwd, '.mcp.json'), '{ "mcpServers": { "b": { "command": "b" } } }');
    const first = await runCli(['add', 'a', '--', 'a'], { cwd });
    expect(first.stderr).toBe(
      'note: from its next start "tutti up" reads tutti/ here and .mcp.json no more. Take its servers over with: tutti import .mcp.json\n',
    );
    expect(await runCli(['import', '.mcp.json'], { cwd })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await readdir(join(cwd, 'tutti'))).toEqual(['a.yaml', 'b.yaml']);
  });

  test.each([
    [['add', 'x'], 'either a command after -- or a --url'],
    [['add', 'x', '--url', 'https://example.com', '--', 'npx'], 'either a command after -- or a --url'],
    [['add', 'Not A Name', '--', 'npx'], 'name'],
    [['add', 'tutti', '--', 'npx'], 'reserved'],
    [['add', 'x', '--url', 'ftp://example.com'], 'url'],
    [['add', 'x', '-e', 'NOVALUE', '--', 'npx'], 'It has no "="'],
    [['add', '../evil', '--', 'npx'], 'name'],
  ])('%j is refused and writes nothing', async (args, message) => {
    const cwd = await mkdtemp(join(tmpdir(), 'tutti-add-'));
    const { exitCode, stderr } = await runCli(args, { cwd });
    expect({ exitCode, files: await readdir(cwd) }).toEqual({ exitCode: 2, files: [] });
    expect(stderr).toContain(message);
  });
});

describe('bad surroundings', () => {
  test('nothing runs there', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((resolve) => server.close(resolve));
    const { exitCode, stderr } = await runCli(['get', 'servers', '--url', url], { env });
    expect(exitCode).toBe(5);
    expect(stderr).toBe(
      `error: Nothing answers at ${url}.\nIs Tutti running? Start it with: tutti up\nIf something seems wrong with it: tutti doctor\n`,
    );
  });

  test('something else answers there', async () => {
    await using other = await startFakeApi();
    other.world.servers = [{ wrong: true } as never];
    const { exitCode, stderr } = await runCli(['get', 'servers', '--url', other.url], { env });
    expect(exitCode).toBe(5);
    expect(stderr).toContain('does not speak this version');
  });

  test('a url that is none', async () => {
    const { exitCode, stderr } = await runCli(['get', 'servers', '--url', 'nonsense'], { env });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
    expect(stderr).toContain('is not the address of an instance');
  });

  test('a failure inside the server comes without a stack', async () => {
    api.world.failNext = new TypeError('broken inside');
    const { exitCode, stderr } = await runCli(['get', 'servers'], { env });
    api.world.failNext = undefined;
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: 'error: broken inside\n' });
  });
});
