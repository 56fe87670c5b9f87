import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../src/resources/problem.ts';
import { readDocuments } from '../../src/resources/read-documents.ts';
import { verifies } from '../../../../test/verifies.ts';

const head = 'apiVersion: tutti.dev/v1alpha1\nkind: MCPServer\n';

function problemsOf(path: string, text: string, inFolder = false): string[] {
  return readDocuments(`/etc/${path}`, text, { inFolder }).problems.map((problem) =>
    formatProblem(problem, '/etc'),
  );
}

describe('native documents', () => {
  test('several stand in one file', () => {
    verifies('SRV-01', 'SRC-01');
    const text = `# two servers
${head}metadata:
  name: fetch
  labels: {team: core}
  annotations: {note: x}
spec:
  command: uvx
  args: [mcp-server-fetch]
---
# comments only
---
${head}metadata: {name: docs}
spec: {url: https://docs.example/mcp}
`;
    const { servers, problems, broken } = readDocuments('/etc/tutti.yaml', text);
    expect(problems).toEqual([]);
    expect(broken).toEqual(new Set());
    expect(servers).toMatchObject([
      {
        kind: 'MCPServer',
        name: 'fetch',
        labels: { team: 'core' },
        annotations: { note: 'x' },
        spec: { type: 'stdio', command: 'uvx', args: ['mcp-server-fetch'], workdir: '/etc' },
        origin: { kind: 'file', path: '/etc/tutti.yaml', line: 2 },
        generation: 1,
      },
      {
        name: 'docs',
        spec: { type: 'streamable-http', url: 'https://docs.example/mcp' },
        origin: { line: 14 },
      },
    ]);
    expect(servers[1]?.spec).not.toHaveProperty('workdir');
  });

  test('JSON is read too, with $schema', () => {
    verifies('SRC-07');
    const document = {
      $schema: 'http://127.0.0.1:7400/schemas/mcpserver.json',
      apiVersion: 'tutti.dev/v1alpha1',
      kind: 'MCPServer',
      metadata: { name: 'a' },
      spec: { command: 'x', workdir: '../data' },
    };
    const { servers, problems } = readDocuments('/etc/tutti/a.json', JSON.stringify(document, null, '\t'));
    expect(problems).toEqual([]);
    expect(servers[0]?.spec.workdir).toBe('/etc/data');
  });

  const table: readonly [text: string, problems: readonly string[]][] = [
    [
      `${head}metadata:\n  name: Fetch\nspec:\n  comand: npx\n  timeout: soon\n`,
      [
        'a.yaml:4:3: metadata.name: not a valid name; use lower-case letters, digits and `-`, with a letter or digit at both ends',
        'a.yaml:7:3: spec.timeout: not a duration; write `500ms`, `30s`, `5m`, `1h` or a number of seconds',
        'a.yaml:6:3: spec.comand: not a known field; did you mean `command`?',
      ],
    ],
    [
      `${head}metadata: {name: a}\nspec:\n  command: npx\n  args:\n    - -y\n    - 8080\n`,
      ['a.yaml:8:7: spec.args[1]: must be text, but is the number `8080`; write it in quotes: "8080"'],
    ],
    [
      `${head}metadata: {name: a}\nspec: {}\n`,
      ['a.yaml:4:1: spec: neither `command` nor `url` is here; a server needs one of them'],
    ],
    [`${head}metadata: {name: a}\n`, ['a.yaml:1:1: spec: required; add it']],
    [
      `${head}metadata: {name: sets}\nspec: {command: x}\n`,
      ['a.yaml:3:12: metadata.name: reserved by Tutti; choose another name'],
    ],
    [
      `${head}metadata: {name: a}\nspec: {command: x}\nextra: 1\n`,
      ['a.yaml:5:1: extra: not a known field; known here: $schema, apiVersion, kind, metadata, spec'],
    ],
    ['kind: MCPServer\n', ['a.yaml:1:1: `apiVersion` is missing; write `apiVersion: tutti.dev/v1alpha1`']],
    [
      'apiVersion: tutti.dev/v2\nkind: MCPServer\n',
      [
        'a.yaml:1:1: apiVersion: `tutti.dev/v2` is not supported by this version; write `apiVersion: tutti.dev/v1alpha1`',
      ],
    ],
    [
      'apiVersion: tutti.dev/v1alpha1\nkind: Workflow\n',
      [
        'a.yaml:2:1: kind: `Workflow` is not supported by this version; write `kind: MCPServer` or `kind: Gateway` or `kind: Toolset` or `kind: Source`',
      ],
    ],
    [
      `${head}metadata: {name: a}\nspec: {command: x}\n---\n${head}metadata: {name: a}\nspec: {command: y}\n`,
      ['a.yaml:8:12: metadata.name: `a` is declared in line 1 already; rename one of them'],
    ],
  ];
  test.each(table.map(([text, problems]) => [problems[0], text, problems] as const))(
    '%s',
    (_title, text, problems) => {
      verifies('SRC-05', 'SRC-07');
      expect(problemsOf('a.yaml', text)).toEqual(problems);
    },
  );

  test('one wrong document leaves the others of its file in force', () => {
    verifies('SRC-05');
    const text = `${head}metadata: {name: good}\nspec: {command: x}\n---\n${head}metadata: {name: bad}\nspec: {comand: x}\n`;
    const { servers, broken } = readDocuments('/etc/a.yaml', text);
    expect(servers.map(({ name }) => name)).toEqual(['good']);
    expect(broken).toEqual(new Set(['bad']));
  });
});

describe('the Gateway', () => {
  const gateway = 'apiVersion: tutti.dev/v1alpha1\nkind: Gateway\nmetadata: {name: gateway}\n';
  const server = `${head}metadata: {name: a}\nspec: {command: x}\n`;

  test('stands among servers', () => {
    verifies('GW-07', 'SES-04', 'CAT-01');
    const text = `${server}---\n${gateway}spec:\n  toolPrefix: x_\n  limits: {sessionIdle: 1m}\n`;
    const { servers, gateway: found, problems, broken } = readDocuments('/etc/tutti.yaml', text);
    expect(problems).toEqual([]);
    expect(broken).toEqual(new Set());
    expect(servers.map(({ name }) => name)).toEqual(['a']);
    expect(found).toMatchObject({
      kind: 'Gateway',
      spec: { toolPrefix: 'x_', allowedHosts: [], limits: { sessionIdleMs: 60_000, maxDepth: 64 } },
      origin: { kind: 'file', path: '/etc/tutti.yaml', line: 6 },
    });
  });

  test.each<[text: string, problem: string, isBroken: boolean]>([
    [
      `${gateway}spec:\n  limits:\n    maxStreams: 0\n`,
      'a.yaml:6:5: spec.limits.maxStreams: must be at least 1',
      true,
    ],
    [
      `${gateway}spec:\n  limits:\n    headersTimeout: 2m\n`,
      'a.yaml:5:3: spec.limits.requestTimeout: `1m` is too short beside `2m` of `headersTimeout`; raise it or lower the other',
      true,
    ],
    [
      `${gateway}spec:\n  allowedHosts: [ok, "http://a"]\n`,
      'a.yaml:5:22: spec.allowedHosts[1]: not a host name; write `tutti.example.com`, without scheme and port',
      true,
    ],
    [gateway, 'a.yaml:1:1: spec: required; add it', true],
    [
      `${gateway.replace('{name: gateway}', '{name: main}')}spec: {}\n`,
      'a.yaml:3:12: metadata.name: must be `gateway`',
      true,
    ],
    [
      `${gateway}spec: {toolPrefix: x_}\n---\n${gateway}spec: {toolPrefix: y_}\n`,
      'a.yaml:7:1: kind: a Gateway is declared in line 1 already, and there is one at most; merge them',
      false,
    ],
  ])('wrong: %j', (text, problem, isBroken) => {
    verifies('SRC-05', 'SRC-07', 'GW-07');
    expect(problemsOf('a.yaml', text)).toEqual([problem]);
    const { gateway: found, broken } = readDocuments('/etc/a.yaml', text);
    if (isBroken) expect(found).toBe('broken');
    else expect(found).toMatchObject({ spec: { toolPrefix: 'x_' } });
    expect(broken).toEqual(new Set());
  });
});

describe('broken text', () => {
  const table: readonly [path: string, text: string, problem: string][] = [
    ['a.yaml', 'a: 1\n\tb: 2\n', 'a.yaml:2:1: a tab indents this line; YAML wants spaces'],
    [
      'a.yaml',
      'a: b: c\n',
      'a.yaml:1:4: a second `:` stands in this line; put the value in quotes or on a line of its own',
    ],
    ['a.yaml', 'a: 1\na: 2\n', 'a.yaml:2:1: a stands here twice; rename or remove one'],
    ['a.yaml', 'a: "x\n', 'a.yaml:2:1: a closing quote or bracket is missing before this place; add it'],
    ['a.yaml', 'a: *b\n', 'a.yaml:1:4: no anchor `&b` stands before this alias; add it'],
    ['a.yaml', 'a: !!js/function x\n', 'a.yaml:1:4: an unknown tag; remove it'],
    ['a.yaml', 'a: {'.repeat(20_000), 'a.yaml:1:1: nested too deeply; flatten it'],
    ['a.yaml', bomb(), 'a.yaml:1:1: more than 100 aliases; write values out'],
    ['a.yaml', ' \n', 'a.yaml:1:1: the file is empty; declare a server or delete it'],
    ['a.json', '', 'a.json:1:1: the file is empty; declare a server or delete it'],
    ['a.json', '{\n  "a": 1,\n}', 'a.json:2:9: a comma stands before `}`; remove it'],
    ['a.json', '{"a": 1 // x\n}', 'a.json:1:9: JSON has no comments; remove it'],
    ['a.json', "{'a': 1}", 'a.json:1:2: JSON wants double quotes; replace the single ones'],
    ['a.json', '{"a": 1 "b": 2}', 'a.json:1:9: a comma or `}` is missing before this'],
    ['a.json', '{"a" 1}', 'a.json:1:6: a `:` is missing before this'],
    ['a.json', '{"a": [1, 2}', 'a.json:1:12: a comma or `]` is missing before this'],
    ['a.json', '{"a": {"b": 1}', 'a.json:1:15: the text ends before `{` is closed; add `}`'],
    [
      'a.json',
      '{"a": nul}',
      'a.json:1:7: not JSON; write a text in double quotes, a number, `true`, `false`, `null`, a list or a map',
    ],
    [
      'a.json',
      '{"a": "x\n"}',
      'a.json:1:7: this text is not closed in its line, or holds an escape that JSON does not know',
    ],
    ['a.json', '{} {}', 'a.json:1:4: more text follows the end of the JSON value; remove it'],
    ['a.json', '{"a": 1,\n "a": 2}', 'a.json:2:2: "a" stands here twice; rename or remove one'],
    ['a.toml', '[mcp_servers.a]\ncommand = npx\n', 'a.toml:2:11: not valid TOML: invalid value'],
    ['a.yaml', '- '.repeat(20_000), 'a.yaml:1:1: nested too deeply; flatten it'],
    ['a.json', '['.repeat(600) + ']'.repeat(600), 'a.json:1:1: nested too deeply; flatten it'],
  ];
  test.each(table.map(([path, text, problem]) => [problem, path, text] as const))(
    '%s',
    (problem, path, text) => {
      verifies('SRC-05');
      expect(problemsOf(path, text)).toEqual([problem]);
      expect(readDocuments(`/etc/${path}`, text).broken).toBe('all');
    },
  );

  test('brackets in the texts of JSON are no nesting', () => {
    const text = JSON.stringify({ mcpServers: { a: { command: 'x', args: ['"' + '['.repeat(2_000)] } } });
    expect(problemsOf('a.json', text)).toEqual([]);
  });

  test('a strict JSON file is what JSON.parse takes, and gives what it gives', () => {
    const damage = fc.record({
      at: fc.nat(),
      insert: fc.constantFrom('', ',', '}', '"', ':', ' ', '\\', '0', '-', 'x'),
    });
    fc.assert(
      fc.property(fc.json(), fc.option(damage, { nil: undefined }), (json, change) => {
        const at = change === undefined ? 0 : change.at % (json.length + 1);
        const text = change === undefined ? json : json.slice(0, at) + change.insert + json.slice(at + 1);
        const wrapped = `{"mcpServers": {"a": {"command": "x", "extra": ${text}}}}`;
        const expected = parsed(wrapped);
        const { servers, problems } = readDocuments('/etc/a.json', wrapped);
        if (expected === undefined) return problems.length === 1 && servers.length === 0;
        if (servers.length === 0) return problems.some(({ message }) => message.includes('twice'));
        expect(servers[0]?.spec.metadata['tutti.dev/imported']).toEqual({
          format: 'mcp-servers',
          fields: { extra: expected },
        });
        return true;
      }),
      { numRuns: 500 },
    );
  });

  test('no text makes the reader throw', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('a.yaml', 'a.json', 'a.toml'),
        fc.oneof(
          fc.string(),
          fc.string({
            unit: fc.constantFrom(
              'a',
              ':',
              ' ',
              '\n',
              '-',
              '{',
              '}',
              '[',
              ']',
              '"',
              '&',
              '*',
              '#',
              '=',
              '.',
              ',',
            ),
          }),
        ),
        (path, text) => {
          readDocuments(`/etc/${path}`, text);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('other shapes', () => {
  const unknown =
    'nothing that Tutti knows: neither a native document (`apiVersion`, `kind`) nor `mcpServers`, `servers`, `mcp_servers`, server.json, or one server with `name` and `command`';

  test('are an error in a file that was named, and a warning among others', () => {
    verifies('SRC-07');
    const text = '{"name": "some-package", "type": "module", "version": "1.0.0"}';
    expect(problemsOf('package.json', text)).toEqual([`package.json:1:1: ${unknown}; write one of them`]);
    expect(problemsOf('package.json', text, true)).toEqual([
      `package.json:1:1: warning: ${unknown}; the file is left alone`,
    ]);
    expect(readDocuments('/etc/package.json', text, { inFolder: true }).broken).toEqual(new Set());
  });

  test('tutti.yaml holds native documents only', () => {
    expect(problemsOf('tutti.yaml', 'mcpServers: {a: {command: x}}')).toEqual([
      'tutti.yaml:1:1: tutti.yaml holds native documents only; move this into a file of its own under `tutti/`',
    ]);
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text).mcpServers.a.extra;
  } catch {
    return undefined;
  }
}

/** Nested aliases that would become millions of values. */
function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level++) {
    const aliases = Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ');
    lines.push(`a${level}: &a${level} [${aliases}]`);
  }
  return `${lines.join('\n')}\n`;
}
