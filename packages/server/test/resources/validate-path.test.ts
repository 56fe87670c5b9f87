import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatProblem, validatePath } from '@tutti/server/offline';
import { verifies } from '../../../../test/verifies.ts';
import { native, tempFolder } from '../sources/files/temp-folder.ts';

async function validate(path: string, folder: string, environment: Readonly<Record<string, string>> = {}) {
  const { resources, problems } = await validatePath(path, { PATH: '/usr/bin:/bin', ...environment });
  return {
    names: resources.map(({ name }) => name),
    problems: problems.map((problem) => formatProblem(problem, folder)),
  };
}

test('a folder is checked as a whole, and every problem is told at once', async () => {
  verifies('SRC-07', 'SRC-05');
  await using folder = await tempFolder({
    'a.yaml': native('a', 'sh'),
    'b.yaml': `${native('a', 'sh')}---\n${native('b', 'sh').replace('spec: {', 'spec: {timeot: 1s, ')}`,
    'broken.json': '{"mcpServers": {}',
    'ports.json': JSON.stringify([
      { name: 'p', command: 'sh', port: 3001 },
      { name: 'q', command: 'sh', port: 3001 },
    ]),
    'other.json': '{"compilerOptions": {}}',
  });
  const seen = await validate(folder.path, folder.path);
  expect(seen.names).toEqual(['a', 'p', 'q']);
  expect(seen.problems).toEqual([
    `b.yaml:1:1: \`a\` is declared in ${folder.path}/a.yaml:1 already; rename one of them or remove this one`,
    'b.yaml:9:8: spec.timeot: not a known field; did you mean `timeout`?',
    'broken.json:1:18: the text ends before `{` is closed; add `}`',
    expect.stringMatching(/^other\.json:1:1: warning: nothing that Tutti knows: .*; the file is left alone$/),
    `ports.json:1:69: [1].port: 3001 is the port of \`p\` (${folder.path}/ports.json:1) already; choose another one for \`q\``,
  ]);
});

test('a port has to be one of those that the Gateway gives to servers', async () => {
  verifies('SRC-07', 'SRV-07');
  const gateway = 'apiVersion: tutti.dev/v1alpha1\nkind: Gateway\nmetadata: {name: gateway}\n';
  const withPort = (name: string, port: number): string =>
    native(name, 'sh').replace('spec: {', `spec: {port: ${port}, `);
  const texts = {
    'a.yaml': withPort('a', 3000),
    'b.yaml': withPort('b', 4000),
    'c.yaml': withPort('c', 3010),
  };
  await using folder = await tempFolder(texts);
  const { problems } = await validate(folder.path, folder.path);
  expect(problems).toEqual([
    'a.yaml:4:8: spec.port: 3000 is reserved; choose another one, or take it out of `ports.reserved` of the Gateway',
    'b.yaml:4:8: spec.port: 4000 is not one of the ports 3001 to 3010; choose one of them, or change `ports` of the Gateway',
  ]);
  await using wider = await tempFolder({
    ...texts,
    'gateway.yaml': `${gateway}spec: {ports: {from: 3000, to: 4000, reserved: []}}\n`,
  });
  expect((await validate(wider.path, wider.path)).problems).toEqual([]);
});

test('an upstream proxy that nothing resolves is told', async () => {
  verifies('SRC-07', 'GW-10');
  const gateway = 'apiVersion: tutti.dev/v1alpha1\nkind: Gateway\nmetadata: {name: gateway}\n';
  await using folder = await tempFolder({
    'a.yaml': native('a', 'sh'),
    'g.yaml': `${gateway}spec: {upstreamProxy: '\${PROXY}'}\n`,
  });
  expect((await validate(folder.path, folder.path)).problems).toEqual([
    'g.yaml:1:1: spec.upstreamProxy: the variable PROXY is not set; set it before Tutti starts, or write a default: `${PROXY:-…}`',
  ]);
  const { problems } = await validate(folder.path, folder.path, { PROXY: 'http://proxy:8080/' });
  expect(problems).toEqual([]);
});

test('keys and repositories whose variables nothing sets are told', async () => {
  verifies('SRC-07');
  const head = 'apiVersion: tutti.dev/v1alpha1\nkind: ';
  await using folder = await tempFolder({
    'a.yaml': native('a', 'sh'),
    'g.yaml': `${head}Gateway\nmetadata: {name: gateway}\nspec: {auth: {keys: [{name: x, secret: '\${KEY}'}]}}\n`,
    's.yaml': `${head}Source\nmetadata: {name: s}\nspec: {git: {url: 'https://u:\${PASS}@h/r.git', webhook: {secret: '\${HOOK}'}}}\n`,
  });
  const advice = (name: string): string =>
    `the variable ${name} is not set; set it before Tutti starts, or write a default: \`\${${name}:-…}\``;
  expect((await validate(folder.path, folder.path)).problems).toEqual([
    `g.yaml:1:1: spec.auth.keys[0].secret: the key \`x\` lets nobody in: ${advice('KEY')}`,
    `s.yaml:1:1: spec.git.url: ${advice('PASS')}`,
    `s.yaml:1:1: spec.git.webhook.secret: ${advice('HOOK')}`,
  ]);
  const environment = { KEY: 'k'.repeat(16), PASS: 'p', HOOK: 'h' };
  expect((await validate(folder.path, folder.path, environment)).problems).toEqual([]);
});

test('there is one Gateway at most', async () => {
  verifies('SRC-07', 'GW-07');
  const gateway = 'apiVersion: tutti.dev/v1alpha1\nkind: Gateway\nmetadata: {name: gateway}\nspec: {}\n';
  await using folder = await tempFolder({
    'a.yaml': `${native('a', 'sh')}---\n${gateway}`,
    'b/c.yaml': gateway,
  });
  expect(await validate(folder.path, folder.path)).toEqual({
    names: ['a'],
    problems: [
      `b/c.yaml:1:1: a Gateway is declared in ${folder.path}/a.yaml:6 already, and there is one at most; merge them`,
    ],
  });
});

test('variables that nothing sets are named with the field that uses them', async () => {
  verifies('SRC-07', 'SRV-06');
  const text = JSON.stringify(
    {
      mcpServers: { a: { command: 'sh', args: ['${FILE}', '${SET}'], env: { T: '${TOKEN}', U: '${a-b}' } } },
    },
    null,
    1,
  );
  await using folder = await tempFolder({ '.mcp.json': text });
  const path = join(folder.path, '.mcp.json');
  expect((await validate(path, folder.path, { SET: '' })).problems).toEqual([
    '.mcp.json:6:5: mcpServers.a.args[0]: the variable FILE is not set; set it before Tutti starts, or write a default: `${FILE:-…}`',
    '.mcp.json:10:5: mcpServers.a.env.T: the variable TOKEN is not set; set it before Tutti starts, or write a default: `${TOKEN:-…}`',
    '.mcp.json:11:5: mcpServers.a.env.U: `${a-b}` is not a variable; write `${NAME}`, `${NAME:-default}`, or `$${` for the characters themselves',
  ]);
});

test('what a machine lacks is a warning: machines differ', async () => {
  verifies('SRC-07');
  await using folder = await tempFolder({
    'a.yaml': native('a', 'no-such-command'),
    'b.yaml': native('b', 'sh').replace('spec: {', 'spec: {workdir: missing, '),
    'c.yaml': native('c', './run'),
    'd.yaml': native('d', './folder'),
    'e.yaml': native('e', 'own').replace('spec: {', `spec: {env: {PATH: "\${BIN}"}, `),
    'bin/own': '#!/bin/sh\n',
    run: '#!/bin/sh\n',
    'folder/x': '',
  });
  await chmod(join(folder.path, 'run'), 0o755);
  await chmod(join(folder.path, 'bin/own'), 0o755);
  const seen = await validate(folder.path, folder.path, { BIN: join(folder.path, 'bin') });
  expect(seen.problems).toEqual([
    'a.yaml:4:8: warning: spec.command: `no-such-command` was not found on this machine; install it or correct it',
    `b.yaml:4:8: warning: spec.workdir: no folder ${folder.path}/missing on this machine; create it or correct it`,
    'd.yaml:4:8: warning: spec.command: `./folder` was not found on this machine; install it or correct it',
  ]);
});

test('a url is judged when its variables are resolved', async () => {
  verifies('SRC-07', 'SRV-02');
  await using folder = await tempFolder({ 'a.json': '{"mcpServers": {"a": {"url": "${URL}"}}}' });
  expect((await validate(folder.path, folder.path, { URL: 'ftp://secret/' })).problems).toEqual([
    'a.json:1:23: mcpServers.a.url: no `http://` or `https://` url once its variables are resolved; correct them',
  ]);
  expect((await validate(folder.path, folder.path, { URL: 'http://a/' })).problems).toEqual([]);
});

test('a path that is not there is a problem, not a crash', async () => {
  verifies('SRC-07');
  await using folder = await tempFolder();
  expect(await validate(join(folder.path, 'none.yaml'), folder.path)).toEqual({
    names: [],
    problems: ['none.yaml:1:1: this path does not exist; create it or correct the path'],
  });
});
