import { describe, expect, test } from 'vitest';
import { detectFormat } from '../../src/resources/formats/detect-format.ts';
import { verifies } from '../../../../test/verifies.ts';
import { imported, read } from './read-file.ts';

test.each([
  [{ apiVersion: 'tutti.dev/v1alpha1', kind: 'MCPServer' }, 'native'],
  [{ kind: 'Anything', mcpServers: {} }, 'native'],
  [{ mcpServers: {} }, 'mcp-servers'],
  [{ mcp_servers: {} }, 'codex'],
  [{ servers: {}, inputs: [] }, 'vscode'],
  [{ name: 'a.b/c', packages: [] }, 'server-json'],
  [{ name: 'a.b/c', remotes: [] }, 'server-json'],
  [{ server: { name: 'a.b/c', remotes: [] }, _meta: {} }, 'server-json'],
  [
    { $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json' },
    'server-json',
  ],
  [{ name: 'a', type: 'SSE', url: 'http://a/' }, 'metamcp'],
  [{ name: 'a', type: 'STDIO', command: 'x' }, 'metamcp'],
  [{ name: 'a', command: 'x' }, 'executor'],
  [{ name: 'a', enabled: true }, 'executor'],
  [{ command: 'x' }, 'executor'],
  [{ name: 'a', type: 'module' }, undefined],
  [{ compilerOptions: {} }, undefined],
  ['text', undefined],
  [null, undefined],
])('the shape of %j is %s', (value, format) => {
  verifies('SRV-05');
  expect(detectFormat(value)).toBe(format);
});

describe('executor JSON', () => {
  const declared = {
    name: 'authentik-mcp',
    enabled: true,
    description: 'Identity',
    command: 'npx',
    args: ['-y', '@cdmx/authentik-mcp', '${URL}'],
    port: 3001,
    env: { TOKEN: '${TOKEN}' },
    metadata: { package: '@cdmx/authentik-mcp', added: '2025-01-01', tools: ['users'] },
  };

  test('is accepted as it is, restarted after a fixed 5 s', () => {
    verifies('SRV-04', 'SUP-02');
    const { servers, problems } = read('/git/authentik-mcp.json', declared);
    expect(problems).toEqual([]);
    expect(servers['authentik-mcp']?.spec).toMatchObject({
      type: 'stdio',
      description: 'Identity',
      command: 'npx',
      args: ['-y', '@cdmx/authentik-mcp', '${URL}'],
      port: 3001,
      env: { TOKEN: '${TOKEN}' },
      workdir: '/git',
      suspended: false,
      metadata: declared.metadata,
      restart: { initialMs: 5_000, factor: 1, maxMs: 5_000, jitter: 0 },
    });
  });

  test('has no port of its own without one, and does not run when it is not enabled', () => {
    verifies('SRV-04');
    const { servers, problems } = read('/git/a.json', { name: 'a', command: 'x', enabled: false });
    expect(problems).toEqual([]);
    expect(servers['a']?.spec).toMatchObject({ suspended: true });
    expect(servers['a']?.spec).not.toHaveProperty('port');
  });

  test('needs a name and a command, and says so', () => {
    verifies('SRV-04');
    expect(read('/git/a.json', { name: 'a', enabled: true }).problems).toEqual([
      '/git/a.json:1:1: command: required for a stdio server; add it',
    ]);
    expect(read('/git/a.json', { command: 'x', enabled: 'yes' }).problems).toEqual([
      '/git/a.json:1:1: name: required; add it',
      '/git/a.json:3:3: enabled: must be `true` or `false`, but is text',
    ]);
  });
});

describe('mcpServers', () => {
  test('stdio and remote entries of Claude, Cursor and Cline', () => {
    verifies('SRV-05', 'SRV-03');
    const { servers, problems } = read('/home/me/.mcp.json', {
      otherSetting: true,
      mcpServers: {
        fetch: {
          command: 'uvx',
          args: ['mcp-server-fetch', '${KEY:-x}'],
          env: { A: '${env:B}' },
          cwd: 'data',
        },
        docs: { type: 'http', url: 'https://docs.example/mcp', headers: { Authorization: 'Bearer ${T}' } },
        old: { type: 'sse', url: 'https://old.example/sse', disabled: true },
        wind: { serverUrl: 'https://wind.example/mcp' },
        cline: { type: 'streamableHttp', url: 'https://c.example/', timeout: 60, autoApprove: ['read'] },
        code: { command: '${workspaceFolder}/run', timeout: 120_000, disabledTools: ['rm'] },
      },
    });
    expect(problems).toEqual([]);
    expect(servers['fetch']?.spec).toMatchObject({
      type: 'stdio',
      command: 'uvx',
      args: ['mcp-server-fetch', '${KEY:-x}'],
      env: { A: '${B}' },
      workdir: '/home/me/data',
    });
    expect(servers['docs']?.spec).toMatchObject({
      type: 'streamable-http',
      url: 'https://docs.example/mcp',
      headers: { Authorization: 'Bearer ${T}' },
    });
    expect(servers['old']?.spec).toMatchObject({ type: 'sse', suspended: true });
    expect(servers['wind']?.spec).toMatchObject({ type: 'streamable-http', url: 'https://wind.example/mcp' });
    expect(servers['cline']?.spec).toMatchObject({ type: 'streamable-http', timeoutMs: 60_000 });
    expect(imported(servers['cline'])).toEqual({ format: 'mcp-servers', fields: { autoApprove: ['read'] } });
    expect(servers['code']?.spec).toMatchObject({
      command: '/home/me/run',
      timeoutMs: 120_000,
      toolFilter: { mode: 'deny', patterns: ['rm'] },
    });
  });

  test('names become ours and keep what they were; a clash names both', () => {
    verifies('SRV-05', 'SRC-05');
    const { servers, problems } = read('/x/.mcp.json', {
      mcpServers: { 'My Server': { command: 'x' }, my_server: { command: 'y' }, '!': { command: 'z' } },
    });
    expect(servers['my-server']).toMatchObject({
      annotations: { 'tutti.dev/original-name': 'My Server' },
      spec: { command: 'x' },
    });
    expect(problems).toEqual([
      '/x/.mcp.json:6:5: mcpServers.my_server: `My Server` in line 3 and `my_server` both become the name `my-server`; rename one of them',
      '/x/.mcp.json:9:5: mcpServers["!"]: not a valid name; use lower-case letters, digits and `-`, with a letter or digit at both ends',
    ]);
  });

  test('what is wrong is named where it stands, what has no effect is kept and told', () => {
    verifies('SRV-05', 'SRC-05');
    const { servers, problems } = read('/x/.mcp.json', {
      mcpServers: {
        a: { command: 'x', args: 'y' },
        b: 'npx',
        c: { command: 'x', url: 'http://a/' },
        d: { command: 'x', envFile: '.env', timeout: 600 },
        e: { type: 'ws', url: 'http://a/' },
      },
    });
    expect(problems).toEqual([
      '/x/.mcp.json:5:7: mcpServers.a.args: must be a list, but is text; write a list: ["…"]',
      '/x/.mcp.json:7:5: mcpServers.b: must be a map, but is text',
      '/x/.mcp.json:10:7: mcpServers.c.url: not allowed for a stdio server; remove it, or remove `command` and the type to dial the url',
      '/x/.mcp.json:15:7: warning: mcpServers.d.timeout: out of range (1s to 300s); 300s is used',
      '/x/.mcp.json:14:7: warning: mcpServers.d.envFile: has no effect in Tutti; kept in metadata',
      '/x/.mcp.json:18:7: mcpServers.e.type: must be one of `stdio`, `http`, `streamable-http`, `sse`',
    ]);
    expect(Object.keys(servers)).toEqual(['d']);
    expect(imported(servers['d'])).toEqual({ format: 'mcp-servers', fields: { envFile: '.env' } });
  });
});

describe('VS Code', () => {
  test('inputs become variables; comments and trailing commas are its way to write', () => {
    verifies('SRV-05');
    const { servers, problems } = read(
      '/repo/.vscode/mcp.json',
      `{
  // asked once
  "inputs": [{ "id": "gh-token", "type": "promptString", "password": true }, { "id": "team", "default": "core" },],
  "servers": {
    "github": { "type": "http", "url": "https://gh.example/\${input:team}", "headers": { "Authorization": "Bearer \${input:gh-token}" } },
    "fs": { "command": "npx", "args": ["server", "\${workspaceFolder}/data", "\${userHome}", "\${workspaceFolderBasename}"] },
  },
}`,
    );
    expect(problems).toEqual([
      '/repo/.vscode/mcp.json:5:5: warning: servers.github: the editor asks for `${input:team}`; Tutti reads the variable TEAM instead',
      '/repo/.vscode/mcp.json:5:5: warning: servers.github: the editor asks for `${input:gh-token}`; Tutti reads the variable GH_TOKEN instead',
    ]);
    expect(servers['github']?.spec).toMatchObject({
      url: 'https://gh.example/${TEAM:-core}',
      headers: { Authorization: 'Bearer ${GH_TOKEN}' },
    });
    expect(imported(servers['github'])).toMatchObject({
      format: 'vscode',
      fields: { inputs: [{ id: 'gh-token', password: true }, { id: 'team' }] },
    });
    expect(servers['fs']?.spec).toMatchObject({
      args: ['server', '/repo/data', '${HOME}', 'repo'],
      workdir: '/repo',
    });
  });
});

describe('Codex TOML', () => {
  test('is accepted whole', () => {
    verifies('SRV-05');
    const { servers, problems } = read(
      '/home/me/.codex/config.toml',
      `model = "gpt"

[mcp_servers.local]
command = "npx"
args = ["-y", "pkg", "\${literal}"]
env_vars = ["HOME_TOKEN"]
cwd = "/srv"
startup_timeout_sec = 20
tool_timeout_sec = 90
enabled_tools = ["a", "b"]
disabled_tools = ["b"]
[mcp_servers.local.env]
KEY = "value"

[mcp_servers."far away"]
url = "https://far.example/mcp"
bearer_token_env_var = "FAR_TOKEN"
http_headers = { X-Team = "core" }
env_http_headers = { X-Id = "FAR_ID" }
startup_timeout_ms = 2500
enabled = false
oauth_resource = "far"
`,
    );
    expect(problems).toEqual([
      '/home/me/.codex/config.toml:22:1: warning: mcp_servers["far away"].oauth_resource: has no effect in Tutti; kept in metadata',
    ]);
    expect(servers['local']?.spec).toMatchObject({
      type: 'stdio',
      args: ['-y', 'pkg', '$${literal}'],
      env: { KEY: 'value', HOME_TOKEN: '${HOME_TOKEN:-}' },
      workdir: '/srv',
      timeoutMs: 90_000,
      health: { startupTimeoutMs: 20_000 },
      toolFilter: { mode: 'allow', patterns: ['a'] },
    });
    expect(servers['far-away']?.spec).toMatchObject({
      type: 'streamable-http',
      headers: { 'X-Team': 'core', 'X-Id': '${FAR_ID}', Authorization: 'Bearer ${FAR_TOKEN}' },
      health: { startupTimeoutMs: 2_500 },
      suspended: true,
    });
  });

  test('what is wrong is named by its own fields', () => {
    verifies('SRC-05');
    const text = '[mcp_servers.a]\ncommand = "x"\nstartup_timeout_sec = "soon"\nenabled = 1\n';
    expect(read('/x/config.toml', text).problems).toEqual([
      '/x/config.toml:4:1: mcp_servers.a.enabled: must be `true` or `false`, but is the number `1`',
      '/x/config.toml:3:1: mcp_servers.a.startup_timeout_sec: not a duration; write `500ms`, `30s`, `5m`, `1h` or a number of seconds',
    ]);
  });
});

describe('MetaMCP', () => {
  test('entries, alone or in a list', () => {
    verifies('SRV-05');
    const { servers, problems } = read('/x/servers.json', [
      { name: 'a', type: 'SSE', url: 'http://a.svc:3001', enabled: true, metadata: { team: 'core' } },
      { name: 'b', type: 'HTTP', url: 'http://b.svc/mcp', enabled: false, bearerToken: 'secret' },
      { name: 'c', type: 'STDIO', command: 'x', args: ['y'] },
      { name: 'd', type: 'STREAMABLE_HTTP', url: 'http://d.svc/mcp', namespace: 'n' },
      { name: 'e', type: 'HTTP' },
    ]);
    expect(servers['a']?.spec).toMatchObject({
      type: 'sse',
      url: 'http://a.svc:3001',
      metadata: { team: 'core' },
    });
    expect(servers['b']?.spec).toMatchObject({
      type: 'streamable-http',
      suspended: true,
      headers: { Authorization: 'Bearer secret' },
    });
    expect(servers['c']?.spec).toMatchObject({ type: 'stdio', command: 'x', args: ['y'] });
    expect(imported(servers['d'])).toEqual({ format: 'metamcp', fields: { namespace: 'n' } });
    expect(servers['a']?.origin.line).toBe(2);
    expect(problems).toEqual([
      '/x/servers.json:30:5: warning: [3].namespace: has no effect in Tutti; kept in metadata',
      '/x/servers.json:32:3: [4].url: required for a streamable-http server; add it',
    ]);
  });
});
