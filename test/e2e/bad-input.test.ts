// What Tutti says to bad input: one message with place and mend, the exit code, and never a stack. Run by the real
// command, because what counts is what people read.

import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, realpath, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli, type CliOptions, type CliResult } from '../../packages/cli/test/run-cli.ts';
import { verifies } from '../verifies.ts';

const NOBODY = 65_534;

function native(spec: string, name = 'a'): string {
  return `apiVersion: tutti.dev/v1alpha1\nkind: MCPServer\nmetadata:\n  name: ${name}\nspec:\n  ${spec}\n`;
}

const GOOD = native('url: http://127.0.0.1:9/mcp');

interface Case {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly exitCode: number;
  /** All of stderr but for the label; `HERE` stands for the folder. */
  readonly message: string;
}

const CASES: readonly Case[] = [
  {
    what: 'nothing to read',
    files: {},
    exitCode: 2,
    message: 'there is no tutti.yaml, tutti/ or .mcp.json here; write one with `tutti init`, or name a path',
  },
  {
    what: 'a path that is not there',
    files: {},
    args: ['nope.yaml'],
    exitCode: 2,
    message: 'nope.yaml:1:1: this path does not exist; create it or correct the path',
  },
  {
    what: 'broken YAML',
    files: { 'tutti.yaml': 'apiVersion: tutti.dev/v1alpha1\nkind: [MCPServer\nmetadata:\n' },
    exitCode: 2,
    message:
      'tutti.yaml:3:1: the indentation is wrong, or a bracket is not closed; line it up with the lines around it',
  },
  {
    what: 'broken JSON',
    files: { '.mcp.json': '{\n  "mcpServers": {\n    "a": { "command": "x", }\n  }\n' },
    exitCode: 2,
    message: '.mcp.json:3:26: a comma stands before `}`; remove it',
  },
  {
    what: 'an unknown field',
    files: { 'tutti.yaml': native('comand: npx') },
    exitCode: 2,
    message: 'tutti.yaml:6:3: spec.comand: not a known field; did you mean `command`?',
  },
  {
    what: 'a wrong type',
    files: { 'tutti.yaml': native('command: npx\n  args: -y') },
    exitCode: 2,
    message: 'tutti.yaml:7:3: spec.args: must be a list, but is text; write a list: ["…"]',
  },
  {
    what: 'no command',
    files: { 'tutti.yaml': native('description: does nothing') },
    exitCode: 2,
    message: 'tutti.yaml:5:1: spec: neither `command` nor `url` is here; a server needs one of them',
  },
  {
    what: 'an unresolved variable',
    files: { 'tutti.yaml': native("command: npx\n  env: { KEY: '${NOT_SET_ANYWHERE}' }") },
    exitCode: 2,
    message:
      'tutti.yaml:1:1: the variable NOT_SET_ANYWHERE is not set; set it before Tutti starts, or write a default: `${NOT_SET_ANYWHERE:-…}`',
  },
  {
    what: 'an address that others can reach',
    files: { 'tutti.yaml': GOOD },
    args: ['--host', '0.0.0.0'],
    exitCode: 4,
    message:
      '0.0.0.0 can be reached by others, and nothing asks them who they are; listen on 127.0.0.1, ask for keys with `auth.required` of the Gateway, or allow it with --insecure-open',
  },
  {
    what: 'an address of another machine',
    files: { 'tutti.yaml': GOOD },
    args: ['--host', '192.0.2.1', '--insecure-open'],
    exitCode: 2,
    message: '192.0.2.1 is not an address of this machine; choose one with --host',
  },
];

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const cwd = await realpath(await mkdtemp(join(tmpdir(), 'tutti-bad-')));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), text);
  }
  return cwd;
}

async function up(cwd: string, args: readonly string[] = [], options: CliOptions = {}): Promise<CliResult> {
  const port = args.includes('--port') ? [] : ['--port', '0'];
  const env = { HOME: cwd, ...options.env };
  const result = await runCli(['up', ...port, ...args], { cwd, ...options, env });
  return { ...result, stderr: result.stderr.replaceAll(cwd, 'HERE') };
}

test.each(CASES)('$what', async ({ files, args, exitCode, message }) => {
  verifies('SRC-05', 'OPS-05');
  const result = await up(await folder(files), args);
  expect(result).toEqual({ exitCode, stdout: '', stderr: `error: ${message}\n` });
});

test('two servers with one name, two with one port, a program that is not there', async () => {
  verifies('SRC-05', 'SRC-07');
  const cwd = await folder({
    'tutti.yaml': `${native('command: sh\n  httpPort: 7411')}---\n${native('command: sh\n  httpPort: 7411', 'b')}`,
    'tutti/more.yaml': `${native('command: sh')}---\n${native('command: no-such-program', 'c')}`,
  });
  const { exitCode, stdout, stderr } = await runCli(['validate'], { cwd, env: { HOME: cwd } });
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
  expect(stdout.replaceAll(cwd, 'HERE').split('\n')).toEqual([
    'tutti.yaml:15:3: spec.httpPort: 7411 is the port of `a` (HERE/tutti.yaml:1) already; choose another one for `b`',
    'tutti/more.yaml:1:1: `a` is declared in HERE/tutti.yaml:1 already; rename one of them or remove this one',
    'tutti/more.yaml:13:3: warning: spec.command: `no-such-program` was not found on this machine; install it or correct it',
    '3 servers, 2 errors, 1 warning',
    '',
  ]);
});

test('a folder without permission', async () => {
  verifies('SRC-05');
  const cwd = await folder({ 'shut/tutti.yaml': GOOD });
  // Permissions do not bind root.
  const uid = process.geteuid?.() === 0 ? NOBODY : undefined;
  if (uid !== undefined) await chown(cwd, uid, uid);
  await chmod(join(cwd, 'shut'), 0);
  expect(await up(cwd, ['shut'], { uid })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: 'error: shut:1:1: no permission to read this folder; grant it to the user that runs Tutti\n',
  });
});

test('a port in use, before anything is started', async () => {
  verifies('OPS-05');
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const cwd = await folder({ 'tutti.yaml': native("command: touch\n  args: ['started']") });
  const result = await up(cwd, ['--port', String(port)]);
  other.close();
  expect(result).toEqual({
    exitCode: 4,
    stdout: '',
    stderr: `error: port ${port} on 127.0.0.1 is in use; stop what listens there or choose another with --port\n`,
  });
  expect(await readdir(cwd)).not.toContain('started');
});

test('a level of the log that is none', async () => {
  const result = await up(await folder({ 'tutti.yaml': GOOD }), [], { env: { TUTTI_LOG: 'loud' } });
  const message = 'TUTTI_LOG must be one of debug, info, warn, error, silent';
  expect(result).toEqual({ exitCode: 2, stdout: '', stderr: `error: ${message}\n` });
});

test('an older Node, where this machine has one', async () => {
  verifies('OPS-05');
  const older = olderNode();
  if (older === undefined) return;
  const { exitCode, stdout, stderr } = await up(await folder({ 'tutti.yaml': GOOD }), [], { node: older });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(/^tutti needs Node 24 or newer, and this is Node \d+\.\d+\.\d+\. [^\n]+\n$/);
});

function olderNode(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((place) => !place.includes('node_modules'))
    .map((place) => join(place, 'node'))
    .find((node) => {
      try {
        return Number(/^v(\d+)/.exec(execFileSync(node, ['--version'], { encoding: 'utf8' }))?.[1]) < 24;
      } catch {
        return false;
      }
    });
}
