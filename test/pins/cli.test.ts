// What people and scripts rely on: the commands, their options, and the exit codes. A change here is a change for them.

import { describe, expect, test } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.ts';
import { EXIT, exitCodeOfError } from '../../packages/cli/src/exit-codes.ts';
import { ERROR_CODES, type ErrorCode } from '../../packages/server/src/kernel/errors.ts';
import { verifies } from '../verifies.ts';

const HELP = `Usage: tutti [options] [command]

One MCP endpoint in front of every server, kept running.

Options:
  -V, --version                         print the version
  -h, --help                            display help for command

Run:
  up [options] [path]                   run all servers behind one MCP endpoint
  stdio [options] [path]                serve MCP on stdin and stdout, for
                                        clients that start a command
  agent [options]                       run an agent that does tasks

Set up:
  init                                  write a tutti.yaml to start from
  add [options] <name> [command...]     declare a server in a file of its own
  import [what]                         take over the servers of your MCP
                                        clients
  connect [options] <client>            show how to add Tutti to an MCP client
  export                                hand servers or agents to other programs
  validate [options] [path]             check declarations without starting
                                        anything
  plan [options] [path]                 show what a change would do; without a
                                        path, what is declared and not in force
  doctor [options]                      check this machine and say how to mend
                                        what is wrong
  guard                                 keep files that others have leased out
                                        of git commits

Watch:
  get                                   list resources
  describe                              show one resource in full
  explain [options] <tool>              say why a tool can be seen and called,
                                        or not
  logs [options] <name>                 show a server's log
  events [options] [name]               show what happened
  pins [options] [server]               tools that changed since they were
                                        approved

Use:
  tools [options] [query]               list the tools of all servers
  call [options] <tool> [arguments...]  call a tool and print its result
  results [options] [handle]            show the calls that nobody waited for

Change:
  apply [options]                       declare servers and toolsets, submit
                                        tasks and plans, set budgets
  delete [options] <kind> <name>        take back what was declared with apply
  cancel [options] <task>               cancel a task; an agent that has it is
                                        told to stop
  retry [options] <task>                do a task again that failed or was
                                        cancelled
  approve [options] <task>              say that the work of a task that waits
                                        for approval is good, or is not
  answer [options] <task> [response]    answer what a task asks
  why [options] <task>                  say why a task stands where it stands,
                                        and what would move it
  release [options] <lease>             release the files of a lease; its agent
                                        is told that it lost them
  send [options] <text>                 send a message to agents, people, or a
                                        thread
  suspend [options] <name>              stop a server and keep it stopped, over
                                        restarts too
  resume [options] <name>               let a suspended server run again
  start [options] <name>                resume a server and run it, even one
                                        that does not start by itself
  stop [options] <name>                 the same as suspend
  restart [options] <name>              restart a server
  reload [options]                      read the configuration again now

Keep:
  backup [options] <file>               write all that the store holds into a
                                        file
  restore [options] <file>              fill a store that nobody uses with a
                                        backup
  copy [options] <url>                  copy the store into another one, to move
                                        to PostgreSQL

Other:
  version [options]                     print the version
  completion <shell>                    print a completion script for a shell

Start with: tutti init, then tutti up. Exit codes: docs/cli.md.
`;

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  up: [
    '--port',
    '--host',
    '--state',
    '--git',
    '--branch',
    '--path',
    '--interval',
    '--env-allow',
    '--insecure-open',
  ],
  stdio: ['--set', '--state'],
  agent: [
    '--type',
    '--config',
    '--plugin',
    '--name',
    '--domain',
    '--capabilities',
    '--tags',
    '--max-concurrent-tasks',
    '--root',
    '--health-port',
    '--state',
    '--url',
  ],
  init: [],
  add: ['--url', '--port', '--env', '--header', '--description'],
  import: [],
  connect: ['--write', '--url', '--state'],
  'export metamcp': ['--write', '--force', '--url-host', '--type', '--output', '--url', '--state'],
  validate: ['--output'],
  plan: [
    '--file',
    '--git',
    '--ref',
    '--path',
    '--env-allow',
    '--source',
    '--exit-code',
    '--output',
    '--url',
    '--state',
  ],
  explain: ['--as', '--set', '--output', '--url', '--state'],
  doctor: ['--output', '--url', '--state'],
  'get servers': ['--watch', '--output', '--url', '--state'],
  'get toolsets': ['--watch', '--output', '--url', '--state'],
  'get families': ['--watch', '--output', '--url', '--state'],
  'get tools': ['--watch', '--output', '--url', '--state'],
  'get resources': ['--watch', '--output', '--url', '--state'],
  'get sources': ['--watch', '--output', '--url', '--state'],
  'get agents': [
    '--watch',
    '--capability',
    '--role',
    '--status',
    '--model',
    '--group',
    '--domain',
    '--limit',
    '--output',
    '--url',
    '--state',
  ],
  'get tasks': [
    '--watch',
    '--status',
    '--domain',
    '--agent',
    '--parent',
    '--dead-letter',
    '--limit',
    '--output',
    '--url',
    '--state',
  ],
  'get leases': ['--watch', '--space', '--agent', '--limit', '--output', '--url', '--state'],
  'get projects': ['--watch', '--status', '--limit', '--output', '--url', '--state'],
  'get goals': ['--watch', '--project', '--status', '--limit', '--output', '--url', '--state'],
  'get entities': ['--watch', '--project', '--search', '--type', '--limit', '--output', '--url', '--state'],
  'get threads': ['--watch', '--participant', '--status', '--limit', '--output', '--url', '--state'],
  'get messages': [
    '--watch',
    '--for',
    '--thread',
    '--unread',
    '--unacked',
    '--limit',
    '--output',
    '--url',
    '--state',
  ],
  'get events': ['--watch', '--output', '--url', '--state'],
  'describe server': ['--output', '--url', '--state'],
  'describe toolset': ['--output', '--url', '--state'],
  'describe family': ['--output', '--url', '--state'],
  'describe source': ['--output', '--url', '--state'],
  'describe agent': ['--output', '--url', '--state'],
  'describe task': ['--output', '--url', '--state'],
  'describe lease': ['--output', '--url', '--state'],
  'describe project': ['--output', '--url', '--state'],
  'describe goal': ['--output', '--url', '--state'],
  'describe entity': ['--project', '--output', '--url', '--state'],
  'describe thread': ['--output', '--url', '--state'],
  'describe tool': ['--output', '--url', '--state'],
  'guard install': ['--url', '--state', '--space', '--prefix', '--require-lease', '--unreachable', '--agent'],
  'guard uninstall': [],
  'guard check': ['--url', '--state', '--space', '--prefix', '--require-lease', '--unreachable'],
  logs: ['--follow', '--tail', '--output', '--url', '--state'],
  events: [
    '--follow',
    '--kind',
    '--type',
    '--reason',
    '--since',
    '--until',
    '--limit',
    '--output',
    '--url',
    '--state',
  ],
  tools: ['--server', '--set', '--discover', '--output', '--url', '--state'],
  pins: ['--output', '--url', '--state'],
  'pins approve': ['--all', '--output', '--url', '--state'],
  call: ['--json', '--set', '--output', '--url', '--state'],
  results: ['--drop', '--output', '--url', '--state'],
  apply: ['--file', '--dry-run', '--output', '--url', '--state'],
  delete: ['--output', '--url', '--state'],
  cancel: ['--reason', '--output', '--url', '--state'],
  retry: ['--output', '--url', '--state'],
  approve: ['--reject', '--proof', '--comment', '--output', '--url', '--state'],
  answer: ['--decline', '--output', '--url', '--state'],
  why: ['--output', '--url', '--state'],
  release: ['--output', '--url', '--state'],
  send: [
    '--to',
    '--thread',
    '--from',
    '--urgent',
    '--must-read',
    '--reply-to',
    '--output',
    '--url',
    '--state',
  ],
  suspend: ['--output', '--url', '--state'],
  resume: ['--output', '--url', '--state'],
  start: ['--output', '--url', '--state'],
  stop: ['--output', '--url', '--state'],
  restart: ['--output', '--url', '--state'],
  reload: ['--output', '--url', '--state'],
  backup: ['--output', '--url', '--state'],
  restore: ['--to', '--replace', '--state', '--output'],
  copy: ['--from', '--state', '--output'],
  version: ['--output'],
  completion: [],
};

test('the help names every command', async () => {
  verifies('OPS-05');
  for (const args of [['--help'], ['-h']]) {
    expect(await runCli(args)).toEqual({ exitCode: 0, stdout: HELP, stderr: '' });
  }
});

test.each(Object.entries(OPTIONS))('the options of %s', async (command, options) => {
  verifies('OPS-05');
  const { exitCode, stdout } = await runCli([...command.split(' '), '--help']);
  expect(exitCode).toBe(0);
  const listed = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option = '']) => option);
  expect(new Set(listed)).toEqual(new Set([...options, '--help']));
});

test('the version is that of the package', async () => {
  expect(await runCli(['--version'])).toMatchObject({ exitCode: 0, stdout: '0.1.0\n' });
  expect((await runCli(['version'])).stdout).toMatch(/^tutti 0\.1\.0 \(Node 24\.\d+\.\d+\)\n$/);
});

describe('wrong usage is exit code 2, with a hint', () => {
  test.each([
    [['gett', 'servers'], 'Did you mean get?'],
    [['get', 'servrs'], 'Did you mean servers?'],
    [['get', 'servers', '--outptu', 'json'], 'Did you mean --output?'],
    [['get', 'servers', '-o', 'xml'], 'Allowed choices are table, json, yaml.'],
    [['get', 'servers', 'extra'], 'too many arguments'],
    [['logs'], "missing required argument 'name'"],
    [['logs', 'x', '--tail', 'many'], 'It must be a number of lines.'],
    [['up', '--port', '70000'], 'It must be a number from 0 to 65535.'],
    [['up', '--path', 'conf'], '--path says more about --git, which is not given.'],
    [['up', '--env-allow', 'A', 'B'], '--env-allow says more about --git'],
    [['up', 'here', '--git', 'https://example.com/x'], 'a path and --git exclude each other'],
    [['up', '--git', 'ext::sh -c true'], '--git: '],
    [['up', '--git', 'ftp://example.com/x'], '--git: `ftp` is none of `https`'],
    [['up', '--git=-u'], '--git: must not begin with `-`'],
    [['up', '--git', 'https://x/y', '--branch=-b'], '--branch: not the name of a branch'],
    [['up', '--git', 'https://x/y', '--interval', 'soon'], '--interval: not a duration'],
    [['up', '--git', 'https://x/y', '--env-allow', 'A-B'], '--env-allow: not the name of a variable'],
    [['up', '--git', 'https://x/y', '--path', '../z'], '--path: must be a path inside of the repository'],
    [['apply'], "required option '-f, --file <file>' not specified"],
    [['delete', 'gateway', 'x'], 'Allowed choices are server, mcpserver, toolset.'],
    [['get', 'tasks', '--status', 'done'], 'Allowed choices are pending, assigned'],
    [['get', 'tasks', '--limit', '0'], 'It must be a number from 1.'],
    [['cancel'], "missing required argument 'task'"],
    [['suspend'], "missing required argument 'name'"],
    [['connect', 'emacs'], 'Allowed choices are claude-code'],
    [['completion', 'powershell'], 'Allowed choices are bash, zsh, fish.'],
  ])('%j', async (args, hint) => {
    verifies('OPS-05');
    const { exitCode, stdout, stderr } = await runCli(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

test('an error of the server has the exit code that the server gives it', () => {
  expect(EXIT).toEqual({
    done: 0,
    failed: 1,
    usage: 2,
    notFound: 3,
    refused: 4,
    unavailable: 5,
    interrupted: 130,
  });
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  for (const code of codes) expect([code, exitCodeOfError(code)]).toEqual([code, ERROR_CODES[code].exit]);
});

test('an older Node says in one line what is needed', async () => {
  const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.0' } })`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}` };
  const { exitCode, stdout, stderr } = await runCli(['up'], { env });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(/^tutti needs Node 24 or newer, and this is Node 20\.11\.0\. [^\n]+\n$/);
});
