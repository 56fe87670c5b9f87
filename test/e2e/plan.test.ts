// A plan says what a change would do; then the change is made, and just that is what happens: process ids and the tools
// that clients list prove it.

import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiPlanSchema, ApiToolListSchema, MAX_PLAN_REQUEST_BYTES, type ApiPlan } from '@tutti/schemas';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runCli, type CliResult } from '../../packages/cli/test/run-cli.ts';
import { eventually } from '../support/eventually.ts';
import { serverReady, startGateway, type Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { document } from './family-world.ts';

const FAULTY = new URL('../programs/faults/faulty.mjs', import.meta.url).pathname;

type Files = Readonly<Record<string, string | null>>;

const server = (name: string, spec: object = {}): string =>
  document('MCPServer', name, {
    command: process.execPath,
    args: [FAULTY],
    toolFilter: { mode: 'allow', patterns: ['say', 'echo'] },
    ...spec,
  });
const family = { name: 'faulty', instanceArg: 'which' };

const BASE: Readonly<Record<string, string>> = {
  'a.json': server('a', { env: { TOKEN: 'first-secret' } }),
  'b.json': server('b'),
  'k1.json': server('k1', { family }),
  'k2.json': server('k2', { family }),
  'dev.json': document('Toolset', 'dev', { servers: ['a', 'n*'], tools: [{ tool: 'say' }] }),
};
const NAMES = ['a', 'b', 'k1', 'k2'];

let gateway: Gateway;
const folders: string[] = [];

beforeAll(async () => {
  gateway = await startGateway({ files: BASE, waitFor: NAMES });
}, 120_000);
afterEach(async () => {
  const known = (await gateway.servers()).map(({ name }) => `${name}.json`);
  const extra = known.filter((file) => !(file in BASE));
  const back: Files = {
    ...Object.fromEntries(extra.map((file) => [file, null])),
    'extra.json': null,
    'gateway.json': null,
  };
  await change({ ...back, ...BASE });
  for (const name of NAMES) await serverReady(gateway, name);
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
}, 120_000);
afterAll(() => gateway[Symbol.asyncDispose](), 60_000);

async function write(folder: string, files: Files): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    if (text === null) await rm(join(folder, file), { force: true });
    else await writeFile(join(folder, file), text);
  }
}

async function change(files: Files): Promise<void> {
  await write(gateway.configPath, files);
  const headers = { authorization: `Bearer ${gateway.token}` };
  expect((await fetch(`${gateway.url}/api/v1/reload`, { method: 'POST', headers })).status).toBe(200);
}

function cli(...args: readonly string[]): Promise<CliResult> {
  return runCli([...args, '--url', gateway.url], { env: { TUTTI_TOKEN: gateway.token } });
}

/** A copy of what is declared, with changes. */
async function copyWith(files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-plan-'));
  folders.push(folder);
  await cp(gateway.configPath, folder, { recursive: true });
  await write(folder, files);
  return folder;
}

async function planOf(files: Files): Promise<{ readonly plan: ApiPlan; readonly exitCode: number | null }> {
  const { exitCode, stdout } = await cli('plan', await copyWith(files), '-o', 'json', '--exit-code');
  return { plan: ApiPlanSchema.parse(JSON.parse(stdout)), exitCode };
}

interface World {
  readonly pids: Readonly<Record<string, number | undefined>>;
  /** Names of tools by view. */
  readonly tools: Readonly<Record<string, readonly string[]>>;
}

const VIEWS: Readonly<Record<string, string>> = { '/mcp': '', '/mcp/sets/dev': '?set=dev' };

async function look(): Promise<World> {
  const servers = await gateway.servers();
  const tools: Record<string, readonly string[]> = {};
  for (const [path, query] of Object.entries(VIEWS)) {
    const answer = await fetch(`${gateway.url}/api/v1/tools${query}`);
    const { items } = answer.ok ? ApiToolListSchema.parse(await answer.json()) : { items: [] };
    tools[path] = items.map(({ exposedName }) => exposedName);
  }
  return { pids: Object.fromEntries(servers.map(({ name, status }) => [name, status.pid])), tools };
}

/** What happened to processes and views, in the words of a plan. */
function happened(before: World, after: World) {
  const names = new Set([...Object.keys(before.pids), ...Object.keys(after.pids)]);
  const servers: Record<string, string> = {};
  for (const name of names) {
    const [was, is] = [before.pids[name], after.pids[name]];
    if (was === is) continue;
    servers[name] = was === undefined ? 'start' : is === undefined ? 'stop' : 'restart';
  }
  const views = Object.fromEntries(
    Object.keys(VIEWS).map((path) => {
      const [was = [], is = []] = [before.tools[path], after.tools[path]];
      const added = is.filter((name) => !was.includes(name)).toSorted();
      const removed = was.filter((name) => !is.includes(name)).toSorted();
      return [path, { added, removed }];
    }),
  );
  return { servers, views };
}

/** What is planned, in the same words. */
function planned({ servers, views }: ApiPlan) {
  const moving = servers.filter(({ action }) => ['start', 'stop', 'restart'].includes(action));
  return {
    servers: Object.fromEntries(moving.map(({ name, action }) => [name, action])),
    views: Object.fromEntries(
      views.map(({ path, added, removed, moved }) => [
        path,
        {
          added: [...added.map(({ name }) => name), ...moved.map(({ name }) => name)].toSorted(),
          removed: [...removed.map(({ name }) => name), ...moved.map(({ before }) => before)].toSorted(),
        },
      ]),
    ),
  };
}

interface Case {
  readonly what: string;
  readonly files: Files;
  readonly servers: Readonly<Record<string, string>>;
  readonly reasons?: readonly string[];
}

const CASES: readonly Case[] = [
  { what: 'nothing', files: {}, servers: {} },
  {
    what: 'a limit, which needs no restart',
    files: { 'a.json': server('a', { env: { TOKEN: 'first-secret' }, timeout: '60s' }) },
    servers: { a: 'update' },
    reasons: ['`timeout` changed; taken up while it runs'],
  },
  {
    what: 'another filter: tools come and go without a restart',
    files: { 'b.json': server('b', { toolFilter: { mode: 'allow', patterns: ['say', 'crash'] } }) },
    servers: { b: 'update' },
  },
  {
    what: 'a secret, which needs one and is not shown',
    files: { 'a.json': server('a', { env: { TOKEN: 'second-secret' } }) },
    servers: { a: 'restart' },
    reasons: ['`env.TOKEN` changed, which only a new start takes up'],
  },
  {
    what: 'a server is removed',
    files: { 'b.json': null },
    servers: { b: 'stop' },
    reasons: ['it is not declared any more'],
  },
  {
    what: 'a server is renamed',
    files: { 'b.json': null, 'n.json': server('n') },
    servers: { b: 'stop', n: 'start' },
    reasons: ['it is not declared under this name any more; `n` is the same command or url'],
  },
  {
    what: 'a server gets another prefix: its names move',
    files: { 'b.json': server('b', { toolPrefix: 'other' }) },
    servers: { b: 'update' },
  },
  {
    what: 'all names get a prefix',
    files: { 'gateway.json': document('Gateway', 'gateway', { toolPrefix: 'x_' }) },
    servers: { a: 'update', b: 'update', k1: 'update', k2: 'update' },
  },
  {
    what: 'a toolset shows others',
    files: {
      'dev.json': document('Toolset', 'dev', { servers: ['b'], tools: [{ tool: 'echo', as: 'repeat' }] }),
    },
    servers: {},
  },
  {
    what: 'a toolset goes',
    files: { 'dev.json': null },
    servers: {},
  },
  {
    what: 'a server joins a family',
    files: { 'b.json': server('b', { family }) },
    servers: { b: 'update' },
  },
  {
    what: 'a server leaves a family',
    files: { 'k2.json': server('k2') },
    servers: { k2: 'update' },
  },
  {
    what: 'a member of a family is suspended',
    files: { 'k2.json': server('k2', { family, suspended: true }) },
    servers: { k2: 'stop' },
  },
];

describe('what was planned is what happens', { timeout: 120_000 }, () => {
  test.each(CASES)('$what', async ({ files, servers, reasons = [] }) => {
    verifies('SRC-10');
    const before = await look();
    const { plan, exitCode } = await planOf(files);
    expect(Object.fromEntries(plan.servers.map(({ name, action }) => [name, action]))).toEqual(servers);
    expect(plan.servers.map(({ reason }) => reason)).toEqual(expect.arrayContaining([...reasons]));
    expect(JSON.stringify(plan)).not.toMatch(/(?:first|second)-secret/);
    expect(exitCode).toBe(plan.changes ? 1 : 0);
    expect(plan.changes).toBe(Object.keys(files).length > 0);
    // Planning did nothing.
    expect(await look()).toEqual(before);

    await change(files);
    const after = await eventually(
      async () => {
        const now = await look();
        expect(happened(before, now)).toEqual({ ...planned(plan), views: viewsOf(plan) });
        return now;
      },
      { timeoutMs: 60_000, what: 'what was planned' },
    );
    for (const name of plan.keptServers) expect([name, after.pids[name]]).toEqual([name, before.pids[name]]);
    const again = await planOf({});
    expect(again.plan).toMatchObject({ changes: false, servers: [] });
  });
});

/** Views that are gone show nothing. */
function viewsOf(plan: ApiPlan) {
  const nothing = { added: [], removed: [] };
  return { '/mcp': nothing, '/mcp/sets/dev': nothing, ...planned(plan).views };
}

test('what a new server offers is unknown until it starts', { timeout: 120_000 }, async () => {
  verifies('SRC-10');
  const files = { 'new.json': server('new', { env: { NEVER: 'seen' } }) };
  const { plan } = await planOf(files);
  expect(plan.servers).toMatchObject([{ name: 'new', action: 'start', toolsKnown: false }]);
  expect(plan.views).toMatchObject([
    { path: '/mcp', change: 'none', unknown: ['new'] },
    { path: '/mcp/sets/dev', change: 'none', unknown: ['new'] },
  ]);
  const { stdout } = await cli('plan', await copyWith(files));
  expect(stdout).toContain('+ start new: new in ');
  expect(stdout).toContain('its tools are unknown until it has started');
  await change(files);
  await serverReady(gateway, 'new');
  expect((await look()).tools['/mcp/sets/dev']).toContain('new_say');
});

test(
  'a broken file and a second one of a name are told with their places',
  { timeout: 120_000 },
  async () => {
    verifies('SRC-10', 'SRC-05');
    const folder = await copyWith({
      'b.json':
        '{"apiVersion": "tutti.dev/v1alpha1", "kind": "MCPServer", "metadata": {"name": "b"}, "spec": {"comand": "x"}}',
      'extra.json': server('a'),
    });
    const { exitCode, stdout } = await cli('plan', folder, '-o', 'json');
    const plan = ApiPlanSchema.parse(JSON.parse(stdout));
    expect(exitCode).toBe(2);
    // The last good version stays in force, and the first one of the name.
    expect(plan).toMatchObject({ changes: false, servers: [], keptServers: NAMES });
    expect(plan.problems.map(({ path, line, message }) => `${path}:${line}: ${message}`)).toEqual([
      `${folder}/b.json:1: not a known field; did you mean \`command\`?`,
      `${folder}/extra.json:1: \`a\` is declared in ${folder}/a.json:1 already; rename one of them or remove this one`,
    ]);
  },
);

test('without a path: what is declared and not in force', { timeout: 120_000 }, async () => {
  verifies('SRC-10');
  const drift = async (): Promise<CliResult> => cli('plan', '--exit-code');
  expect(await drift()).toMatchObject({ exitCode: 0, stdout: 'Nothing would change.\n' });

  const failing = document('MCPServer', 'failing', {
    command: process.execPath,
    args: ['-e', 'process.exit(7)'],
  });
  await change({ 'failing.json': failing });
  const failed = await eventually(async () => {
    const found = await drift();
    return found.stdout.includes('failing is Failed') ? found : undefined;
  });
  expect(failed.exitCode).toBe(1);
  expect(failed.stdout).toMatch(/^Not as declared:\n {2}! MCPServer failing is Failed: exited with code 7/);
  await change({ 'failing.json': null, 'b.json': server('b', { comand: 'x' }) });
  const broken = await cli('plan', '-o', 'json');
  expect(broken.exitCode).toBe(2);
  const plan = ApiPlanSchema.parse(JSON.parse(broken.stdout));
  expect(plan).toMatchObject({ changes: false, keptServers: NAMES });
  expect(plan.drift).toEqual([
    {
      kind: 'MCPServer',
      name: 'b',
      message: `is in force in its last good version: what ${gateway.configPath}/b.json:1 says of it has errors`,
    },
  ]);
});

test('where nothing runs everything would start', { timeout: 60_000 }, async () => {
  verifies('SRC-10');
  const folder = await copyWith({});
  const env = { HOME: folder, TUTTI_STATE: join(folder, 'state') };
  const { exitCode, stdout, stderr } = await runCli(['plan', folder, '--exit-code'], { env });
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: 'Tutti is not running: this is what its start would do.\n',
  });
  expect(stdout).toContain('4 to start, 0 to stop, 0 to restart, 0 to change otherwise, 0 left alone\n');
});

test('who has no token may not ask, and too much is refused', { timeout: 60_000 }, async () => {
  verifies('SRC-10');
  const post = (body: string, token?: string): Promise<Response> =>
    fetch(`${gateway.url}/api/v1/plan`, {
      method: 'POST',
      body,
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    });
  expect((await post('{}')).status).toBe(401);
  expect((await post('{', gateway.token)).status).toBe(400);
  expect((await post('{"change":{"path":"/x"}}', gateway.token)).status).toBe(400);
  // It is refused by its announced size, before any of it is sent.
  const announced = httpRequest(`${gateway.url}/api/v1/plan`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${gateway.token}`,
      'content-length': String(MAX_PLAN_REQUEST_BYTES + 1),
    },
  });
  const answered = once(announced, 'response');
  announced.flushHeaders();
  expect(await answered).toMatchObject([{ statusCode: 413 }]);
  announced.destroy();
  const outside = { path: '/x', isFolder: true, files: [{ path: '../../etc/a.json', text: '{}' }] };
  expect((await post(JSON.stringify({ change: outside }), gateway.token)).status).toBe(400);
  const source = { path: '/x', isFolder: true, files: [], source: 'nobody' };
  expect((await post(JSON.stringify({ change: source }), gateway.token)).status).toBe(404);
});
