// `tutti explain` for every reason that a tool may have for being hidden or failing, asked as its users ask.

import { ApiExplanationSchema, type ApiExplanation } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, type CliResult } from '../../packages/cli/test/run-cli.ts';
import { openCaller } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { document } from './family-world.ts';

const FAULTY = new URL('../programs/faults/faulty.mjs', import.meta.url).pathname;
const VIEWER_KEY = 'a-key-for-a-viewer-1234';

const server = (spec: object = {}): object => ({
  command: process.execPath,
  args: [FAULTY],
  toolFilter: { mode: 'allow', patterns: ['say', 'echo', 'hang'] },
  ...spec,
});

const SERVERS: Readonly<Record<string, object>> = {
  good: server({ env: { API_TOKEN: 'never-to-be-seen' } }),
  filtered: server({ toolFilter: { mode: 'deny', patterns: ['cr*', 'say'] } }),
  paused: server({ suspended: true }),
  manual: server({ autoStart: false }),
  lazy: server({ start: 'onDemand' }),
  broken: { command: process.execPath, args: ['-e', 'console.error("no luck");process.exit(3)'] },
  blocked: server({ env: { KEY: '${NOT_SET_ANYWHERE}' } }),
  tired: server({ timeout: '1s' }),
  private: server({ isolation: 'session' }),
  strict: server({ pins: 'strict' }),
  k1: server({ family: { name: 'kind', instanceArg: 'which' } }),
  k2: server({ family: { name: 'kind', instanceArg: 'which' } }),
  d1: server({ family: { name: 'odd', instanceArg: 'one' } }),
  d2: server({ family: { name: 'odd', instanceArg: 'other' } }),
  first: server({ toolPrefix: 'same' }),
  second: server({ toolPrefix: 'same' }),
};

const FILES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(SERVERS).map(([name, spec]) => [`${name}.json`, document('MCPServer', name, spec)]),
  ),
  'gateway.json': document('Gateway', 'gateway', {
    auth: { keys: [{ name: 'anna', secret: '${VIEWER_KEY}', roles: ['viewer'] }] },
    policies: [
      { effect: 'allow', principals: ['anna'], servers: ['good'], tools: ['hang'] },
      { effect: 'deny', servers: ['good'], tools: ['hang'] },
    ],
  }),
  'dev.json': document('Toolset', 'dev', {
    servers: ['good', 'k*'],
    tools: [
      { server: 'good', tool: 'say', as: 'speak' },
      { server: 'k*', tool: 'say' },
    ],
    exclude: [{ server: 'k2' }],
    mode: 'search',
  }),
  'closed.json': document('Toolset', 'closed', { access: { principals: ['anna'] } }),
};

let gateway: Gateway;

beforeAll(async () => {
  const waitFor = ['good', 'filtered', 'tired', 'private', 'k1', 'k2', 'd1', 'd2', 'first', 'second'];
  gateway = await startGateway({ files: FILES, waitFor, env: { VIEWER_KEY } });
}, 120_000);
afterAll(() => gateway[Symbol.asyncDispose](), 60_000);

function cli(args: readonly string[], token = gateway.token): Promise<CliResult> {
  return runCli([...args, '--url', gateway.url], { env: { TUTTI_TOKEN: token } });
}

async function explain(tool: string, ...options: readonly string[]): Promise<ApiExplanation> {
  const { stdout, stderr } = await cli(['explain', tool, ...options, '-o', 'json']);
  expect(stderr).toBe('');
  return ApiExplanationSchema.parse(JSON.parse(stdout));
}

interface Case {
  readonly tool: string;
  readonly options?: readonly string[];
  readonly verdict: 'callable' | 'hidden' | 'failing';
  /** `server/tool` */
  readonly is: string;
  /** The first reason, or the first note where there is none: its cause and what it says. */
  readonly because?: readonly [cause: string, message: RegExp];
}

const CASES: readonly Case[] = [
  { tool: 'good_say', verdict: 'callable', is: 'good/say' },
  { tool: 'good/say', verdict: 'callable', is: 'good/say' },
  {
    tool: 'filtered_crash',
    verdict: 'hidden',
    is: 'filtered/crash',
    because: ['filter', /denies it: `cr\*`$/],
  },
  {
    tool: 'good_crash',
    verdict: 'hidden',
    is: 'good/crash',
    because: ['filter', /allows other tools only: `say`/],
  },
  {
    tool: 'good_hang',
    verdict: 'hidden',
    is: 'good/hang',
    because: ['policy', /^policies\[1\] denies it to local$/],
  },
  { tool: 'good_hang', options: ['--as', 'anna'], verdict: 'callable', is: 'good/hang' },
  {
    tool: 'strict_say',
    verdict: 'hidden',
    is: 'strict/say',
    because: ['pin', /held back until somebody approves it$/],
  },
  { tool: 'paused_say', verdict: 'hidden', is: 'paused/say', because: ['suspended', /^paused is suspended/] },
  {
    tool: 'manual_say',
    verdict: 'hidden',
    is: 'manual/say',
    because: ['stopped', /does not start by itself/],
  },
  {
    tool: 'broken_say',
    verdict: 'hidden',
    is: 'broken/say',
    // It is tried again from time to time.
    because: ['server', /(?:Failed|Starting): exited with code 3; last stderr: no luck/],
  },
  { tool: 'blocked_say', verdict: 'hidden', is: 'blocked/say', because: ['server', /NOT_SET_ANYWHERE/] },
  {
    tool: 'speak',
    options: ['--set', 'dev'],
    verdict: 'callable',
    is: 'good/say',
    because: ['search', /by searching/],
  },
  {
    tool: 'good_echo',
    options: ['--set', 'dev'],
    verdict: 'hidden',
    is: 'good/echo',
    because: ['toolset', /^no rule of the toolset dev/],
  },
  {
    tool: 'filtered_echo',
    options: ['--set', 'dev'],
    verdict: 'hidden',
    is: 'filtered/echo',
    because: ['toolset', /shows nothing of filtered: it takes `good`, `k\*`/],
  },
  {
    tool: 'k2/say',
    options: ['--set', 'dev'],
    verdict: 'hidden',
    is: 'k2/say',
    because: ['toolset', /`exclude\[0\]` fits/],
  },
  {
    tool: 'good_say',
    options: ['--set', 'closed'],
    verdict: 'hidden',
    is: 'good/say',
    because: ['toolset', /does not let local in/],
  },
  {
    tool: 'k1_say',
    verdict: 'callable',
    is: 'k1/say',
    because: ['family', /as kind_say; which: "k1" means this server/],
  },
  {
    tool: 'd1_say',
    verdict: 'callable',
    is: 'd1/say',
    because: ['family', /`instanceArg` is `one` on d1, but `other` on d2/],
  },
  {
    tool: 'private_say',
    verdict: 'callable',
    is: 'private/say',
    because: ['isolation', /every session has a process/],
  },
];

describe('explains', { timeout: 60_000 }, () => {
  test.each(CASES)('$tool $options: $verdict', async ({ tool, options = [], verdict, is, because }) => {
    verifies('GW-22');
    const { items, nearest } = await explain(tool, ...options);
    const [item] = items;
    expect(item).toBeDefined();
    expect({ verdict: item?.verdict, is: `${item?.server}/${item?.tool}` }).toEqual({ verdict, is });
    expect(nearest).toEqual([]);
    const [first] = [...(item?.reasons ?? []), ...(item?.notes ?? [])];
    expect([first?.cause, first?.message ?? '']).toEqual(
      because === undefined ? [undefined, ''] : [because[0], expect.stringMatching(because[1])],
    );
    // Whatever keeps a tool from being called has a way out.
    for (const reason of item?.reasons ?? []) expect(reason.next).toBeTruthy();
  });
});

test('a name that was taken', { timeout: 60_000 }, async () => {
  verifies('GW-22');
  const { items } = await explain('same_say');
  expect(items.map(({ server }) => server)).toEqual(['first', 'second']);
  expect(items[1]).toMatchObject({
    verdict: 'callable',
    name: expect.stringMatching(/^same_say_[a-z2-7]{8}$/),
  });
  expect(items[1]?.notes).toMatchObject([
    { cause: 'name', message: expect.stringMatching(/^its name would be same_say, which is taken/) },
  ]);
});

test('a tool of one name on several servers, and the members of a family', { timeout: 60_000 }, async () => {
  verifies('GW-22');
  const { items } = await explain('kind_say');
  expect(items.map(({ server, name }) => `${server} ${name}`)).toEqual(['k1 kind_say', 'k2 kind_say']);
});

test('one that starts when it is needed', { timeout: 60_000 }, async () => {
  verifies('GW-22');
  const before = await explain('lazy_say');
  expect(before.items[0]?.verdict).toBe('hidden');
  expect((await cli(['tools', '--server', 'lazy', '--discover'])).exitCode).toBe(0);
  const after = await explain('lazy_say');
  expect(after.items).toMatchObject([{ verdict: 'callable', server: 'lazy' }]);
});

test('which credential, and how its calls went; never a secret', { timeout: 60_000 }, async () => {
  verifies('GW-22');
  for (const text of ['a', 'b']) await cli(['call', 'good_echo', `text=${text}`]);
  const explanation = await eventually(async () => {
    const found = await explain('good_echo');
    return found.items[0]?.calls?.count === 2 ? found : undefined;
  });
  const [item] = explanation.items;
  expect(item).toMatchObject({
    verdict: 'callable',
    credential: { kind: 'environment', names: ['API_TOKEN'] },
    calls: { count: 2, failed: 0 },
  });
  expect(item?.calls?.p95Ms).toBeGreaterThanOrEqual(item?.calls?.p50Ms ?? Infinity);
  expect(JSON.stringify(explanation)).not.toContain('never-to-be-seen');
  const { stdout } = await cli(['explain', 'good_echo']);
  expect(stdout).toMatch(
    /^good_echo can be called at \/mcp for local\n {2}Server: {6}good, where it is called echo; Running\n/,
  );
  expect(stdout).toMatch(/Calls: {7}2 calls; half of them within [\d.]+ ms, 95 % within [\d.]+ ms\n/);
});

test('an open circuit, until when', { timeout: 120_000 }, async () => {
  verifies('GW-22');
  await using caller = await openCaller('modern', gateway.mcpUrl);
  await Promise.all(
    Array.from({ length: 5 }, () => caller.request('tools/call', '{"name":"tired_hang","arguments":{}}')),
  );
  const { items } = await eventually(async () => {
    const found = await explain('tired_say');
    return found.items[0]?.reasons[0]?.cause === 'circuit' ? found : undefined;
  });
  expect(items[0]?.verdict).toBe('failing');
  expect(items[0]?.reasons[0]?.message).toMatch(/left 5 calls in a row unanswered .*next try at 20\d\d-/);
});

test('a name that is no tool: the nearest ones', { timeout: 60_000 }, async () => {
  verifies('GW-22');
  expect((await explain('good_sai')).nearest).toEqual(['good_say']);
  const { exitCode, stdout, stderr } = await cli(['explain', 'good_sai']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
  expect(stderr).toBe('error: No server has a tool "good_sai".\nDid you mean "good_say"?\n');
});

test(
  'for somebody else only an administrator may ask, and denied is not there',
  { timeout: 60_000 },
  async () => {
    verifies('GW-22');
    const asAnna = await cli(['explain', 'good_say', '--as', 'admin', '-o', 'json'], VIEWER_KEY);
    expect(asAnna).toMatchObject({ exitCode: 4, stdout: '' });
    expect(asAnna.stderr).toContain('Only the role "admin" may ask for somebody else');
    const nobody = await cli(['explain', 'good_say', '--as', 'nobody']);
    expect(nobody).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('There are: local, admin, anna.'),
    });
    const local = await fetch(`${gateway.url}/api/v1/explain?tool=good_hang`);
    expect(ApiExplanationSchema.parse(await local.json())).toMatchObject({ as: 'local', items: [] });
    const closed = await fetch(`${gateway.url}/api/v1/explain?tool=good_say&set=closed`);
    expect(closed.status).toBe(404);
    expect((await cli(['explain', 'good_say', '--set', 'none'])).exitCode).toBe(3);
  },
);
