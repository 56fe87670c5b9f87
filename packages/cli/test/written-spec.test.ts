import { describe, expect, test } from 'vitest';
import { mcpServerSpecSchema, type McpServerSpecInput } from '@tutti/schemas';
import { writtenSpec } from '../src/written-spec.ts';

const specs: McpServerSpecInput[] = [
  { command: 'npx', args: ['-y', 'x'], env: { A: '${A}' }, workdir: '/srv' },
  { url: 'https://example.com/mcp', headers: { 'X-Key': '${K}' }, timeout: '90s' },
  { url: 'https://example.com/sse', type: 'sse' },
  { command: 'node', args: ['server.js'], httpPort: 4000 },
  {
    command: 'x',
    description: 'all of it',
    autoStart: false,
    suspended: true,
    toolPrefix: 'p',
    toolFilter: { mode: 'deny', patterns: ['delete_*'] },
    family: { name: 'f', instanceArg: 'i' },
    port: 3005,
    isolation: 'session',
    restart: { initial: '5s', factor: 1, max: '5s', maxAttempts: 3, resetAfter: '2m', jitter: 0 },
    health: { startupTimeout: '20s', heartbeatInterval: '1m', maxFailures: 5 },
    stopGrace: '2s',
    limits: { memory: '512Mi', maxInFlight: 1, maxQueued: 0, maxMessageSize: '1Mi', maxInstances: 2 },
    metadata: { anything: [1, { deep: true }] },
  },
];

describe('a spec written down', () => {
  test.each(specs)('is read as the same spec: %j', (spec) => {
    const checked = mcpServerSpecSchema.parse(spec);
    expect(mcpServerSpecSchema.parse(writtenSpec(checked))).toEqual(checked);
  });

  test('says only what is not the default', () => {
    expect(writtenSpec(mcpServerSpecSchema.parse({ command: 'npx', timeout: '30s', args: [] }))).toEqual({
      command: 'npx',
    });
  });
});
