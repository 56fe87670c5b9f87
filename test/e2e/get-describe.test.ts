// `get`, `describe` and `stdio --set` against a running Tutti: every kind of thing that people look at.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, startCli, type CliResult } from '../../packages/cli/test/run-cli.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { document } from './family-world.ts';

const FAULTY = new URL('../programs/faults/faulty.mjs', import.meta.url).pathname;

const server = (spec: object = {}): object => ({
  command: process.execPath,
  args: [FAULTY],
  toolFilter: { mode: 'allow', patterns: ['say', 'echo'] },
  ...spec,
});
const family = { name: 'kind', instanceArg: 'which' };
const FILES: Readonly<Record<string, string>> = {
  'k1.json': document('MCPServer', 'k1', server({ family })),
  'k2.json': document(
    'MCPServer',
    'k2',
    server({ family, toolFilter: { mode: 'allow', patterns: ['say'] } }),
  ),
  'alone.json': document('MCPServer', 'alone', server()),
  'dev.json': document('Toolset', 'dev', { servers: ['alone'], tools: [{ tool: 'echo', as: 'repeat' }] }),
  'team.json': document('Source', 'team', { git: { url: 'file:///nowhere/at/all.git' } }),
};

let gateway: Gateway;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  gateway = await startGateway({ files: FILES, waitFor: ['k1', 'k2', 'alone'] });
  env = { TUTTI_TOKEN: gateway.token, TUTTI_URL: gateway.url };
}, 120_000);
afterAll(() => gateway[Symbol.asyncDispose](), 60_000);

const cli = (...args: readonly string[]): Promise<CliResult> => runCli(args, { env });

interface Case {
  readonly args: readonly string[];
  /** Lines that are among those printed. */
  readonly shows: readonly RegExp[];
}

const CASES: readonly Case[] = [
  {
    args: ['get', 'families'],
    shows: [/^NAME +ARGUMENT +SERVERS +TOOLS +NOTE$/, /^kind +which +k1, k2 +2$/],
  },
  { args: ['get', 'family'], shows: [/^kind +which/] },
  {
    args: ['get', 'tools'],
    shows: [/^TOOL +SERVER +DESCRIPTION$/, /^kind_say +kind \(2 servers\)/, /^alone_echo +alone/],
  },
  {
    args: ['get', 'events'],
    shows: [/^TIME +TYPE +NAME +REASON +MESSAGE$/, /^20\S+ +Normal +alone +MCPServerStarted +ready/],
  },
  { args: ['get', 'sources'], shows: [/^team +Failed/] },
  {
    args: ['describe', 'toolset', 'dev'],
    shows: [
      /^Name: +dev$/,
      /^URL: +http:\S+\/mcp\/sets\/dev$/,
      /^Servers: +alone$/,
      /^ {2}repeat +alone\/echo/,
    ],
  },
  {
    args: ['describe', 'family', 'kind'],
    shows: [/^Argument: +which$/, /^Servers: +k1, k2$/, /^ {2}kind_echo +k1$/, /^ {2}kind_say +k1, k2$/],
  },
  { args: ['describe', 'source', 'team'], shows: [/^State: +Failed$/, /^Last error: +\S/, /^URL: +file:/] },
  { args: ['describe', 'server', 'k1'], shows: [/^State: +Running$/, /^ {2}k1_say|kind_say/] },
  {
    args: ['describe', 'tool', 'alone_say'],
    shows: [
      /^Name: +alone_say$/,
      /^Server: +alone, where it is called say$/,
      /^Arguments:$/,
      /^alone_say can be called at \/mcp for local$/,
    ],
  },
];

describe('for people', { timeout: 60_000 }, () => {
  test.each(CASES)('tutti $args', async ({ args, shows }) => {
    verifies('OPS-05');
    const { exitCode, stdout, stderr } = await cli(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const line of shows) expect(stdout).toMatch(new RegExp(line, 'm'));
  });
});

test('for programs: the shapes of the API', { timeout: 60_000 }, async () => {
  verifies('OPS-05');
  const answer: unknown = await (await fetch(`${gateway.url}/api/v1/families`)).json();
  expect(JSON.parse((await cli('get', 'families', '-o', 'json')).stdout)).toEqual(answer);
  expect((await cli('get', 'families', '-o', 'yaml')).stdout).toMatch(
    /^items:\n {2}- name: kind\n {4}instanceArg: which\n/,
  );
  expect(answer).toMatchObject({ items: [{ name: 'kind', servers: ['k1', 'k2'], problems: [] }] });
  const toolset: unknown = JSON.parse((await cli('describe', 'toolset', 'dev', '-o', 'json')).stdout);
  expect(toolset).toMatchObject({ name: 'dev', toolCount: 1 });
});

test('a name that is not there: which was meant, and which there are', { timeout: 60_000 }, async () => {
  verifies('OPS-05');
  expect(await cli('describe', 'toolset', 'dve')).toEqual({
    exitCode: 3,
    stdout: '',
    stderr: 'error: There is no toolset "dve".\nDid you mean "dev"? There are: dev.\n',
  });
  expect(await cli('describe', 'tool', 'alone_sai')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('Did you mean "alone_say"?'),
  });
  expect((await cli('describe', 'family', 'none')).exitCode).toBe(3);
  expect((await cli('describe', 'source', 'none')).exitCode).toBe(3);
});

test('what is hidden is described by why it is', { timeout: 60_000 }, async () => {
  verifies('OPS-05', 'GW-22');
  const { exitCode, stdout } = await cli('describe', 'tool', 'alone_crash');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^crash is not shown at \/mcp for local\n.*\n {2}Because: {5}the toolFilter of alone/,
  );
});

test(
  'a list that is watched: all of it, then what comes, changes and goes',
  { timeout: 60_000 },
  async () => {
    verifies('OPS-05');
    await using people = startCli(['get', 'toolsets', '--watch'], { env });
    await using programs = startCli(['get', 'toolsets', '-w', '-o', 'json'], { env });
    await eventually(() => people.stdout().startsWith('NAME ') && people.stdout().includes('\ndev '));
    await eventually(() => programs.stdout().startsWith('{"change":"added","item":{"name":"dev"'));
    const file = join(gateway.configPath, 'new.json');
    await writeFile(file, document('Toolset', 'new', { servers: ['k1'] }));
    await eventually(() => /\nnew +2 +0 +0 +http/.test(people.stdout()));
    await eventually(() => programs.stdout().includes('{"change":"added","item":{"name":"new"'));
    await rm(file);
    await eventually(() => /\nnew +is gone\n/.test(people.stdout()));
    await eventually(() => programs.stdout().includes('{"change":"removed","item":{"name":"new"'));
    // Only what changed is told.
    expect(people.stdout().match(/^dev /gm)).toHaveLength(1);
    people.child.kill('SIGINT');
    expect(await people.result).toMatchObject({ exitCode: 130 });
  },
);

test('stdio serves a toolset', { timeout: 60_000 }, async () => {
  verifies('CAT-05', 'OPS-05');
  const attach = ['stdio', '--state', gateway.statePath];
  await using bridge = startCli([...attach, '--set', 'dev']);
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 't', version: '1' },
  };
  const send = (message: object): void =>
    void bridge.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  send({ id: 1, method: 'initialize', params });
  await eventually(() => bridge.stdout().includes('"id":1'));
  send({ method: 'notifications/initialized' });
  send({ id: 2, method: 'tools/list' });
  const line = await eventually(() =>
    bridge
      .stdout()
      .split('\n')
      .find((one) => one.includes('"id":2')),
  );
  expect([...line.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name)).toEqual(['repeat']);
  const none = await runCli([...attach, '--set', 'none']);
  expect(none).toEqual({
    exitCode: 3,
    stdout: '',
    stderr: 'error: there is no toolset "none"; list them with `tutti get toolsets`\n',
  });
});
