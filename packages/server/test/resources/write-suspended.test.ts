import { describe, expect, test } from 'vitest';
import { readDocuments } from '../../src/resources/read-documents.ts';
import { writeSuspended } from '../../src/resources/write-suspended.ts';
import { verifies } from '../../../../test/verifies.ts';

interface Case {
  readonly what: string;
  readonly path: string;
  readonly text: string;
  /** The text with `one` suspended. */
  readonly suspended: string;
}

const HEAD = 'apiVersion: tutti.dev/v1alpha1\nkind: MCPServer\nmetadata: { name: one }\n';

/** Each is read back as it was when the server is resumed. */
const THERE_AND_BACK: readonly Case[] = [
  {
    what: 'YAML with comments, odd indentation and a second document',
    path: '/p/tutti.yaml',
    text: `# top\n${HEAD}spec:\n     # why\n     command:   'x'  # what\n     args: ["a",\n       'b']\n---\n${HEAD.replace('one', 'two')}spec: {command: y}\n`,
    suspended: `# top\n${HEAD}spec:\n     # why\n     suspended: true\n     command:   'x'  # what\n     args: ["a",\n       'b']\n---\n${HEAD.replace('one', 'two')}spec: {command: y}\n`,
  },
  {
    what: 'YAML with Windows line ends and a mark in front',
    path: '/p/tutti.yaml',
    text: `\uFEFF${HEAD}spec:\n  command: x\n`.replaceAll('\n', '\r\n'),
    suspended: `\uFEFF${HEAD}spec:\n  suspended: true\n  command: x\n`.replaceAll('\n', '\r\n'),
  },
  {
    what: 'YAML in braces',
    path: '/p/a.yml',
    text: `${HEAD}spec: {command: x, args: [y]} # end`,
    suspended: `${HEAD}spec: {suspended: true, command: x, args: [y]} # end`,
  },
  {
    what: 'YAML in a list',
    path: '/p/a.yml',
    text: '- name: one\n  # here\n  command: x\n- name: two\n  command: y\n',
    suspended: '- enabled: false\n  name: one\n  # here\n  command: x\n- name: two\n  command: y\n',
  },
  {
    what: 'JSON of one line',
    path: '/p/a.json',
    text: '{"mcpServers":{"one":{"command":"x"},"two":{"command":"y"}}}',
    suspended: '{"mcpServers":{"one":{"disabled": true, "command":"x"},"two":{"command":"y"}}}',
  },
  {
    what: 'JSON of a client, with tabs',
    path: '/p/.mcp.json',
    text: '{\n\t"mcpServers": {\n\t\t"one": {\n\t\t\t"command": "x"\n\t\t}\n\t}\n}\n',
    suspended:
      '{\n\t"mcpServers": {\n\t\t"one": {\n\t\t\t"disabled": true,\n\t\t\t"command": "x"\n\t\t}\n\t}\n}\n',
  },
  {
    what: 'JSON of the executor',
    path: '/p/a.json',
    text: '{"name": "one", "enabled" : true, "command": "x"}\n',
    suspended: '{"name": "one", "enabled" : false, "command": "x"}\n',
  },
  {
    what: 'JSON of VS Code, with comments',
    path: '/p/mcp.json',
    text: '{\n  // mine\n  "servers": {\n    "one": { /* a */ "command": "x", },\n  },\n}\n',
    suspended:
      '{\n  // mine\n  "servers": {\n    "one": { /* a */ "disabled": true, "command": "x", },\n  },\n}\n',
  },
  {
    what: 'TOML of Codex',
    path: '/p/config.toml',
    text: '# top\n[mcp_servers.one] # it\ncommand = "x"\n\n[mcp_servers.two]\ncommand = "y"\n',
    suspended:
      '# top\n[mcp_servers.one] # it\nenabled = false\ncommand = "x"\n\n[mcp_servers.two]\ncommand = "y"\n',
  },
  {
    what: 'TOML that says it already',
    path: '/p/config.toml',
    text: '[mcp_servers.one]\ncommand = "x"\nenabled  =  true # yes\n',
    suspended: '[mcp_servers.one]\ncommand = "x"\nenabled  =  false # yes\n',
  },
];

function rewritten(path: string, text: string, suspended: boolean): string {
  const outcome = writeSuspended(path, text, { server: 'one', suspended });
  if (outcome.kind === 'failed') throw new Error(outcome.reason);
  return outcome.text;
}

describe('one value changes, and comes back', () => {
  test.each(THERE_AND_BACK)('$what', ({ path, text, suspended }) => {
    verifies('SRC-06');
    expect(rewritten(path, text, true)).toBe(suspended);
    expect(readDocuments(path, suspended).servers.find(({ name }) => name === 'one')?.spec.suspended).toBe(
      true,
    );
    expect(rewritten(path, suspended, false)).toBe(text);
    // What says it already is left alone.
    expect(rewritten(path, suspended, true)).toBe(suspended);
  });
});

test('what somebody wrote himself is changed where it stands', () => {
  verifies('SRC-06');
  const text = `${HEAD}spec:\n  command: x\n  suspended: true   # until Monday\n  args: []\n`;
  expect(rewritten('/p/a.yaml', text, false)).toBe(text.replace('true', 'false'));
});

describe('what can not be written is left alone, with the reason', () => {
  const UNKNOWN_PLACE =
    'its format has no place for it, or the file is written in a way that Tutti does not edit';

  test.each([
    ['a file with errors', '/p/a.yaml', `${HEAD}spec: {command: x`, 'the file has errors; mend them'],
    ['a wrong declaration', '/p/a.yaml', `${HEAD}spec: {comand: x}\n`, 'the file has errors; mend them'],
    [
      'a file without it',
      '/p/a.yaml',
      `${HEAD.replace('one', 'two')}spec: {command: x}\n`,
      'the file does not declare it any more',
    ],
    [
      'a format without the field',
      '/p/server.json',
      '{"name": "io.example/one", "packages": [{"registryType": "npm", "identifier": "x"}]}',
      'the file does not declare it any more',
    ],
    [
      'a spec that others share',
      '/p/a.yaml',
      `- ${HEAD.replaceAll('\n', '\n  ')}spec: &s {command: x}\n- ${HEAD.replace('one', 'two').replaceAll('\n', '\n  ')}spec: *s\n`,
      UNKNOWN_PLACE,
    ],
    ['an inline table', '/p/c.toml', 'mcp_servers = { one = { command = "x" } }\n', UNKNOWN_PLACE],
  ])('%s', (_what, path, text, reason) => {
    verifies('SRC-06');
    expect(writeSuspended(path, text, { server: 'one', suspended: true })).toEqual({
      kind: 'failed',
      reason,
    });
  });

  test('the format of the registry', () => {
    const text = '{"name": "io.example/one", "packages": [{"registryType": "npm", "identifier": "x"}]}';
    const [server] = readDocuments('/p/server.json', text).servers;
    const wanted = { server: server?.name ?? '', suspended: true };
    expect(writeSuspended('/p/server.json', text, wanted)).toEqual({ kind: 'failed', reason: UNKNOWN_PLACE });
  });
});
