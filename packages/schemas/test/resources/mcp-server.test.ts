import { describe, expect, test } from 'vitest';
import { explainIssues, mcpServerSpecSchema, type McpServerSpec } from '@tutti/schemas';
import { verifies } from '../../../../test/verifies.ts';

function read(input: unknown): McpServerSpec {
  return mcpServerSpecSchema.parse(input);
}

/** `field: message` of every issue. */
function issuesOf(input: unknown): string[] {
  const checked = mcpServerSpecSchema.safeParse(input);
  if (checked.success) return [];
  return explainIssues(checked.error, input, mcpServerSpecSchema).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

describe('an MCPServer spec', () => {
  test('gets its defaults', () => {
    verifies('SRV-01', 'SUP-02');
    expect(read({ command: 'npx' })).toEqual({
      type: 'stdio',
      command: 'npx',
      args: [],
      env: {},
      headers: {},
      timeoutMs: 30_000,
      autoStart: true,
      start: 'eager',
      idleTimeoutMs: 600_000,
      suspended: false,
      metadata: {},
      restart: { initialMs: 1_000, factor: 2, maxMs: 300_000, resetAfterMs: 60_000, jitter: 0.1 },
      health: { startupTimeoutMs: 15_000, heartbeatIntervalMs: 30_000, maxFailures: 3 },
      stopGraceMs: 10_000,
      isolation: 'shared',
      abandonedCalls: 'finish',
      placement: 'process',
      limits: { maxInFlight: 64, maxQueued: 256, maxMessageBytes: 16 * 1024 ** 2, maxInstances: 16 },
    });
  });

  test('keeps every field in units of code', () => {
    verifies('SRV-01', 'SRV-11', 'SUP-07');
    const spec = read({
      description: 'Weather',
      type: 'stdio',
      command: 'weather',
      args: ['--fast'],
      env: { KEY: '${KEY}' },
      workdir: 'data',
      timeout: '1m',
      autoStart: false,
      start: 'onDemand',
      idleTimeout: '90s',
      suspended: true,
      toolPrefix: 'wx',
      family: { name: 'sky', instanceArg: 'place' },
      port: 3001,
      metadata: { added: '2026-01-01' },
      auth: { type: 'none' },
      restart: { initial: 5, factor: 1, max: '5s', maxAttempts: 0, resetAfter: '1h', jitter: 0 },
      health: { startupTimeout: '1500ms', heartbeatInterval: 2.5, maxFailures: 1 },
      stopGrace: 0,
      isolation: 'session',
      abandonedCalls: 'finish',
      placement: 'process',
      limits: { memory: '512Mi', maxInFlight: 1, maxQueued: 0, maxMessageSize: '1M', maxInstances: 2 },
      toolFilter: { mode: 'deny', patterns: ['delete_*'] },
    });
    expect(spec).toEqual({
      description: 'Weather',
      type: 'stdio',
      command: 'weather',
      args: ['--fast'],
      env: { KEY: '${KEY}' },
      workdir: 'data',
      headers: {},
      timeoutMs: 60_000,
      autoStart: false,
      start: 'onDemand',
      idleTimeoutMs: 90_000,
      suspended: true,
      toolPrefix: 'wx',
      family: { name: 'sky', instanceArg: 'place', fanOut: false },
      port: 3001,
      metadata: { added: '2026-01-01' },
      auth: { type: 'none' },
      restart: {
        initialMs: 5_000,
        factor: 1,
        maxMs: 5_000,
        maxAttempts: 0,
        resetAfterMs: 3_600_000,
        jitter: 0,
      },
      health: { startupTimeoutMs: 1_500, heartbeatIntervalMs: 2_500, maxFailures: 1 },
      stopGraceMs: 0,
      isolation: 'session',
      abandonedCalls: 'finish',
      placement: 'process',
      limits: {
        memoryBytes: 512 * 1024 ** 2,
        maxInFlight: 1,
        maxQueued: 0,
        maxMessageBytes: 1_000_000,
        maxInstances: 2,
      },
      toolFilter: { mode: 'deny', patterns: ['delete_*'] },
    });
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
  });

  test.each([
    [{ command: 'x' }, 'stdio'],
    [{ url: 'http://localhost/mcp' }, 'streamable-http'],
    [{ url: 'http://localhost/mcp', type: 'http' }, 'streamable-http'],
    [{ url: 'http://localhost/mcp', transport: 'http' }, 'streamable-http'],
    [{ url: 'http://localhost/sse', type: 'sse' }, 'sse'],
    [{ command: 'x', transport: 'stdio' }, 'stdio'],
    [{ command: 'x', httpPort: 8080 }, 'streamable-http'],
    [{ command: 'x', httpPort: 8080, type: 'sse' }, 'sse'],
    [{ command: 'x', type: 'stdio', transport: 'stdio' }, 'stdio'],
    [{ url: '${BASE}/mcp' }, 'streamable-http'],
  ])('of %j has the type %s', (input, type) => {
    verifies('SRV-03');
    expect(read(input).type).toBe(type);
  });

  test.each([
    [{}, ': neither `command` nor `url` is here; a server needs one of them'],
    [{ type: 'stdio' }, 'command: required for a stdio server; add it'],
    [
      { type: 'stdio', command: 'x', url: 'http://a/' },
      'url: not allowed for a stdio server; remove it, or remove `command` and the type to dial the url',
    ],
    [
      { type: 'stdio', command: 'x', httpPort: 80 },
      'httpPort: not allowed for a stdio server; remove it, or write `type: streamable-http`',
    ],
    [
      { command: 'x', headers: { a: 'b' } },
      'headers: not allowed for a stdio server; pass values in `env` or `args` instead',
    ],
    [{ type: 'http' }, 'url: required for a streamable-http server; add it'],
    [{ type: 'sse' }, 'url: required for a sse server; add it'],
    [{ url: 'ftp://a/' }, 'url: must be an `http://` or `https://` url'],
    [{ url: 'http://' }, 'url: must be an `http://` or `https://` url'],
    [{ url: 'http://a/', httpPort: 80 }, 'httpPort: only for a server that `command` starts; remove it'],
    [{ url: 'http://a/', env: { A: 'b' } }, 'env: only for a server that `command` starts; remove it'],
    [{ url: 'http://a/', workdir: '/' }, 'workdir: only for a server that `command` starts; remove it'],
    [
      { url: 'http://a/', args: ['x'] },
      'args: only for a server that `command` starts; add `command` or remove them',
    ],
    [
      { command: 'x', type: 'http' },
      'httpPort: required for a command that serves HTTP; add the port that it listens on',
    ],
    [
      { command: 'x', url: 'http://a/', type: 'http' },
      'url: stands beside `command`; keep one of them (a command that serves HTTP takes `httpPort`)',
    ],
    [
      { command: 'x', type: 'stdio', transport: 'http' },
      'transport: says `http`, but `type` says `stdio`; keep one of them',
    ],
    [
      { url: 'http://a/', auth: { authorizationServer: { issuer: 'https://i' } } },
      'auth.authorizationServer: only for `auth.type: oauth`; remove it or set the type',
    ],
    [
      { command: 'x', restart: { initial: '10m' } },
      'restart.max: below `restart.initial`; raise it or lower the other',
    ],
  ])('refuses %j', (input, issue) => {
    verifies('SRV-02');
    expect(issuesOf(input)).toEqual([issue]);
  });

  test('names every broken rule of auth', () => {
    verifies('SRV-02');
    const auth = {
      type: 'oauth',
      forwardToken: true,
      tokenExchange: { enabled: true },
      authorizationServer: { issuer: 'https://issuer.example' },
    };
    expect(issuesOf({ url: 'https://a/', auth })).toEqual([
      'auth.authorizationServer: does not go with `auth.forwardToken`; remove one of them',
      'auth.authorizationServer: does not go with `auth.tokenExchange`; remove one of them',
      'auth.type: `oauth` is not supported by this version; put a token into `headers` instead',
      'auth.forwardToken: not supported by this version; remove it',
      'auth.tokenExchange: not supported by this version; remove it',
    ]);
  });

  test('needs image and command for a workload', () => {
    verifies('SRV-02');
    expect(issuesOf({ url: 'https://a/', placement: 'workload' })).toEqual([
      'image: required with `placement: workload`; add it',
      'command: required with `placement: workload`; add it',
      'placement: `workload` is not supported by this version; write `process`',
    ]);
  });

  test.each([
    [{ placement: 'sidecar' }, 'placement: `sidecar` is not supported by this version; write `process`'],
    [
      { image: 'a:1' },
      'image: only for `placement: workload`, which this version does not support; remove it',
    ],
    [{ idleTimeout: '5m' }, 'idleTimeout: only with `start: onDemand`; add that or remove it'],
    [
      { auth: { requiredAudiences: ['a'] } },
      'auth.requiredAudiences: not supported by this version; remove it',
    ],
  ])('refuses what does not go together or is not built yet: %j', (fields, issue) => {
    verifies('SRV-01');
    expect(issuesOf({ command: 'x', ...fields })).toEqual([issue]);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ comand: 'x' }, 'comand: not a known field; did you mean `command`?'],
    [{ commnad: 'x' }, 'commnad: not a known field; did you mean `command`?'],
    [{ commands: 'x' }, 'commands: not a known field; did you mean `command`?'],
    [{ tool_prefix: 'x' }, 'tool_prefix: not a known field; did you mean `toolPrefix`?'],
    [
      { restart: { policy: 'x' } },
      'restart.policy: not a known field; known here: initial, factor, max, maxAttempts, resetAfter, jitter',
    ],
    [{ args: 'x' }, 'args: must be a list, but is text; write a list: ["…"]'],
    [{ args: ['a', 8080] }, 'args.1: must be text, but is the number `8080`; write it in quotes: "8080"'],
    [{ env: { A: true } }, 'env.A: must be text, but is the boolean `true`; write it in quotes: "true"'],
    [{ env: { 'A=': 'x' } }, 'env.A=: not a name of an environment variable'],
    [{ env: null }, 'env: must be a map, but is empty; give it a value or remove it'],
    [
      { timeout: '30 seconds' },
      'timeout: not a duration; write `500ms`, `30s`, `5m`, `1h` or a number of seconds',
    ],
    [{ timeout: true }, 'timeout: not a duration; write `500ms`, `30s`, `5m`, `1h` or a number of seconds'],
    [{ timeout: 301 }, 'timeout: out of range; write a duration from 1s to 5m'],
    [{ timeout: '10ms' }, 'timeout: out of range; write a duration from 1s to 5m'],
    [{ port: '3001' }, 'port: must be a number, but is text; write it without quotes'],
    [{ port: 70_000 }, 'port: must be at most 65535'],
    [{ port: 0 }, 'port: must be at least 1'],
    [{ autoStart: 'true' }, 'autoStart: must be `true` or `false`, but is text; write it without quotes'],
    [{ isolation: 'all' }, 'isolation: must be one of `shared`, `session`, `user`'],
    [{ toolPrefix: '1a' }, 'toolPrefix: must begin with a letter and hold only letters, digits, `_` and `-`'],
    [{ description: 'x'.repeat(501) }, 'description: longer than 500 characters; shorten it'],
    [
      { limits: { memory: '512 MB' } },
      'limits.memory: not a size; write `512Mi`, `1Gi` or a number of bytes',
    ],
    [{ workdir: '${HOME}' }, 'workdir: variables are not resolved here; write the folder itself'],
    [{ toolFilter: { mode: 'allow' } }, 'toolFilter.patterns: required; add it'],
  ])('says what is wrong with %j', (fields, issue) => {
    verifies('SRV-01');
    expect(issuesOf({ command: 'x', ...fields })).toEqual([issue]);
  });

  test('refuses headers that no HTTP message can hold', () => {
    expect(issuesOf({ url: 'http://a/', headers: { 'a b': 'c', d: 'e\nf' } })).toEqual([
      'headers.a b: not a name of an HTTP header',
      'headers.d: must be a single line',
    ]);
  });
});
