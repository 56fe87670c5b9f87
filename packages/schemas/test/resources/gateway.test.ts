import { describe, expect, test } from 'vitest';
import {
  DEFAULT_GATEWAY_SETTINGS,
  explainIssues,
  gatewayDocumentSchema,
  gatewaySpecSchema,
  kindJsonSchemas,
} from '@tutti/schemas';
import { verifies } from '../../../../test/verifies.ts';

/** `field: message` of every issue. */
function issuesOf(spec: unknown, metadata: unknown = { name: 'gateway' }): string[] {
  const document = { apiVersion: 'tutti.dev/v1alpha1', kind: 'Gateway', metadata, spec };
  const checked = gatewayDocumentSchema.safeParse(document);
  if (checked.success) return [];
  return explainIssues(checked.error, document, gatewayDocumentSchema).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

describe('keys and policies', () => {
  test('get their defaults', () => {
    verifies('SEC-01', 'GW-23');
    const spec = {
      auth: {
        required: true,
        keys: [
          { name: 'a', secret: '${A}' },
          { name: 'b', secret: ['${B}', '${C}'] },
        ],
      },
      policies: [{ effect: 'deny' }, { roles: ['r'], tools: ['x*'], destructive: true, effect: 'allow' }],
    };
    expect(gatewaySpecSchema.parse(spec)).toMatchObject({
      auth: {
        required: true,
        keys: [
          { name: 'a', secret: ['${A}'], roles: [] },
          { name: 'b', secret: ['${B}', '${C}'], roles: [] },
        ],
      },
    });
    expect(gatewaySpecSchema.parse(spec).policies).toEqual([
      { servers: ['*'], effect: 'deny' },
      { servers: ['*'], roles: ['r'], tools: ['x*'], destructive: true, effect: 'allow' },
    ]);
  });
});

describe('a Gateway spec', () => {
  test('gets its defaults', () => {
    verifies('GW-07', 'SES-04', 'CAT-01');
    expect(DEFAULT_GATEWAY_SETTINGS).toEqual({
      toolPrefix: '',
      auth: { required: false, keys: [] },
      policies: [],
      models: expect.anything(),
      coordination: expect.anything(),
      allowedHosts: [],
      apiEnvAllow: [],
      contextMode: 'auto',
      pins: 'flag',
      ports: { from: 3_001, to: 3_010, reserved: [3_000] },
      limits: {
        maxBodyBytes: 4 * 1024 ** 2,
        maxHeaderBytes: 16 * 1024,
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 60_000,
        maxDepth: 64,
        maxStreams: 1_024,
        maxSessions: 10_000,
        sessionIdleMs: 30 * 60_000,
        sessionAbsoluteMs: 24 * 60 * 60_000,
        maxPendingMessages: 100,
        maxUnreadBytes: 8 * 1024 ** 2,
        unreadTimeoutMs: 60_000,
        askTimeoutMs: 5 * 60_000,
        maxParked: 10_000,
        maxSubscriptions: 1_000,
        keepAliveMs: 15_000,
        longCallAfterMs: 20_000,
        resultTtlMs: 600_000,
      },
    });
  });

  test('keeps every field in units of code', () => {
    verifies('GW-07', 'SES-04', 'CAT-01');
    expect(
      gatewaySpecSchema.parse({
        toolPrefix: 'x_',
        allowedHosts: ['Tutti.Example.com', '[::1]', 'fd00::2', '10.0.0.7', 'bücher.example'],
        contextMode: 'search',
        pins: 'hold',
        ports: { from: 4_000, to: 4_100, reserved: [4_001], host: '::1' },
        apiEnvAllow: ['TEAM_KEY'],
        upstreamProxy: '${PROXY}',
        limits: {
          maxBodySize: '1Mi',
          maxHeaderSize: 8_192,
          headersTimeout: '2s',
          requestTimeout: 5,
          maxDepth: 32,
          maxStreams: 7,
          maxSessions: 8,
          sessionIdle: '1m',
          sessionAbsolute: '168h',
          maxPendingMessages: 9,
          maxUnread: '64Ki',
          unreadTimeout: '10s',
          askTimeout: '1h',
          maxParked: 10,
          maxSubscriptions: 11,
          keepAlive: '500ms',
          longCallAfter: '1s',
          resultTtl: '1m',
        },
      }),
    ).toEqual({
      toolPrefix: 'x_',
      auth: { required: false, keys: [] },
      policies: [],
      models: expect.anything(),
      coordination: expect.anything(),
      contextMode: 'search',
      pins: 'hold',
      apiEnvAllow: ['TEAM_KEY'],
      allowedHosts: ['tutti.example.com', '::1', 'fd00::2', '10.0.0.7', 'xn--bcher-kva.example'],
      ports: { from: 4_000, to: 4_100, reserved: [4_001], host: '::1' },
      upstreamProxy: '${PROXY}',
      limits: {
        maxBodyBytes: 1024 ** 2,
        maxHeaderBytes: 8_192,
        headersTimeoutMs: 2_000,
        requestTimeoutMs: 5_000,
        maxDepth: 32,
        maxStreams: 7,
        maxSessions: 8,
        sessionIdleMs: 60_000,
        sessionAbsoluteMs: 7 * 24 * 3_600_000,
        maxPendingMessages: 9,
        maxUnreadBytes: 65_536,
        unreadTimeoutMs: 10_000,
        askTimeoutMs: 3_600_000,
        maxParked: 10,
        maxSubscriptions: 11,
        keepAliveMs: 500,
        longCallAfterMs: 1_000,
        resultTtlMs: 60_000,
      },
    });
  });

  const prefix = 'must begin with a letter, hold only letters, digits, `_` and `-`, and end in `_`';
  const host = 'not a host name; write `tutti.example.com`, without scheme and port';
  test.each<[spec: unknown, issues: readonly string[]]>([
    [{ toolPrefix: '' }, []],
    [{ toolPrefix: 'x' }, [`spec.toolPrefix: ${prefix}`]],
    [{ toolPrefix: '1_' }, [`spec.toolPrefix: ${prefix}`]],
    [{ toolPrefix: `${'x'.repeat(16)}_` }, ['spec.toolPrefix: longer than 16 characters; shorten it']],
    [{ allowedHosts: 'a.example' }, ['spec.allowedHosts: must be a list, but is text; write a list: ["…"]']],
    [{ allowedHosts: ['a.example:80'] }, [`spec.allowedHosts.0: ${host}`]],
    [{ allowedHosts: ['https://a.example'] }, [`spec.allowedHosts.0: ${host}`]],
    [{ allowedHosts: ['ok', 'a/b'] }, [`spec.allowedHosts.1: ${host}`]],
    [{ allowedHosts: ['*.example.com'] }, [`spec.allowedHosts.0: ${host}`]],
    [{ allowedHosts: ['me@a.example'] }, [`spec.allowedHosts.0: ${host}`]],
    [{ allowedHosts: [''] }, [`spec.allowedHosts.0: ${host}`]],
    [
      { allowedHosts: Array.from({ length: 101 }, () => 'a') },
      ['spec.allowedHosts: must be at most 100 entries'],
    ],
    [{ ports: { from: 3_001, to: 3_001, reserved: [], host: '0.0.0.0' } }, []],
    [{ ports: { from: 0 } }, ['spec.ports.from: must be at least 1']],
    [{ ports: { to: 65_536 } }, ['spec.ports.to: must be at most 65535']],
    [
      { ports: { to: 3_000 } },
      ['spec.ports.to: `3000` is before `3001` of `from`; swap them or correct one'],
    ],
    [{ ports: { reserved: 3_000 } }, ['spec.ports.reserved: must be a list, but is the number `3000`']],
    [{ ports: { host: 'http://a' } }, [`spec.ports.host: ${host}`]],
    [{ upstreamProxy: 'https://proxy.example/base/' }, []],
    [{ upstreamProxy: '${PROXY}' }, []],
    [
      { upstreamProxy: 'proxy:8080' },
      ['spec.upstreamProxy: must be an `http://` or `https://` url, or `auto`'],
    ],
    [{ toolPrefx: 'x_' }, ['spec.toolPrefx: not a known field; did you mean `toolPrefix`?']],
    [
      { limits: { maxBodysize: '1Mi' } },
      ['spec.limits.maxBodysize: not a known field; did you mean `maxBodySize`?'],
    ],
    [
      { limits: { maxBodySize: '4 MB' } },
      ['spec.limits.maxBodySize: not a size; write `512Mi`, `1Gi` or a number of bytes'],
    ],
    [
      { limits: { maxBodySize: 1 } },
      ['spec.limits.maxBodySize: out of range; write at least 4096 and at most 67108864 bytes'],
    ],
    [
      { limits: { maxBodySize: '1Gi' } },
      ['spec.limits.maxBodySize: out of range; write at least 4096 and at most 67108864 bytes'],
    ],
    [
      { limits: { sessionIdle: 'never' } },
      ['spec.limits.sessionIdle: not a duration; write `500ms`, `30s`, `5m`, `1h` or a number of seconds'],
    ],
    [
      { limits: { sessionIdle: '10ms' } },
      ['spec.limits.sessionIdle: out of range; write a duration from 1s to 720h'],
    ],
    [{ limits: { maxStreams: 0 } }, ['spec.limits.maxStreams: must be at least 1']],
    [{ limits: { maxDepth: 100_000 } }, ['spec.limits.maxDepth: must be at most 1000']],
    [
      { limits: { maxSessions: '10' } },
      ['spec.limits.maxSessions: must be a number, but is text; write it without quotes'],
    ],
    [
      { limits: { headersTimeout: '90s' } },
      [
        'spec.limits.requestTimeout: `1m` is too short beside `90s` of `headersTimeout`; raise it or lower the other',
      ],
    ],
    [
      { limits: { sessionIdle: '2h', sessionAbsolute: '1h' } },
      [
        'spec.limits.sessionAbsolute: `1h` is too short beside `2h` of `sessionIdle`; raise it or lower the other',
      ],
    ],
    [
      { limits: { keepAlive: '1m' } },
      [
        'spec.limits.unreadTimeout: `1m` is too short beside `1m` of `keepAlive`; raise it or lower the other',
      ],
    ],
    [{ limits: { keepAlive: '5m', maxDepth: 1 } }, ['spec.limits.maxDepth: must be at least 16']],
    [undefined, ['spec: required; add it']],
  ])('%j: %j', (spec, issues) => {
    verifies('GW-07', 'SES-04', 'CAT-01', 'SRV-07', 'GW-10');
    expect(issuesOf(spec)).toEqual(issues);
  });

  test('is of the one Gateway', () => {
    expect(issuesOf({}, { name: 'mine' })).toEqual(['metadata.name: must be `gateway`']);
    expect(issuesOf({}, { name: 'gateway', labels: { team: 'core' } })).toEqual([]);
  });
});

test('the JSON Schema of a Gateway describes what people write', () => {
  verifies('GW-07');
  expect(kindJsonSchemas()['gateway']).toMatchObject({
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    additionalProperties: false,
    properties: {
      kind: { const: 'Gateway' },
      spec: {
        properties: {
          toolPrefix: { default: '' },
          limits: { properties: { sessionIdle: { default: '30m' } }, additionalProperties: false },
        },
        additionalProperties: false,
      },
    },
  });
});
