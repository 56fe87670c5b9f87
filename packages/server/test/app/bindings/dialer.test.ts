// The dialer with real processes: wrapped servers and the ports that they want.

import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { mcpServerSpecSchema } from '@tutti/schemas';
import type { NativeServer } from '../../../src/gateway/ports.ts';
import { createDialer } from '../../../src/app/bindings/dialer.ts';
import type { Launchable } from '../../../src/app/desired-servers.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { createTestRunner, never, type TestRunner } from '../../runner/process/harness.ts';

async function listenSomewhere(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

async function freePort(): Promise<number> {
  const { server, port } = await listenSomewhere();
  server.close();
  await once(server, 'close');
  return port;
}

/** Wrapped servers that listen and do nothing else. */
const NO_TOOLS: NativeServer = {
  version: '0',
  instructions: undefined,
  tools: () => Promise.resolve('[]'),
  call: () => Promise.reject(new Error('there is none')),
};

function dialerOf(runner: TestRunner['runner'], port: number) {
  const listening = `require('node:net').createServer().listen(${port}, '127.0.0.1')`;
  const server = (name: string): Launchable => ({
    resource: {
      kind: 'MCPServer',
      name,
      labels: {},
      annotations: {},
      spec: mcpServerSpecSchema.parse({ command: 'node', httpPort: port }),
      origin: { kind: 'file', path: '/tmp/tutti.yaml', line: 1 },
      generation: 1,
    },
    prefix: name,
    pins: 'flag',
    spec: mcpServerSpecSchema.parse({ command: process.execPath, args: ['-e', listening], httpPort: port }),
    unresolved: [],
    conflict: undefined,
    identityDigest: name,
    secrets: [],
  });
  return createDialer({
    servers: { get: server },
    native: NO_TOOLS,
    runner,
    log: () => {},
    dialledThroughProxy: () => {},
  });
}

test('a port that somebody else has is refused, and nothing is started', async () => {
  verifies('SUP-03');
  const { server, port } = await listenSomewhere();
  await using harness = createTestRunner();
  await expect(dialerOf(harness.runner, port).open('dice', 'shared', never)).rejects.toMatchObject({
    code: 'conflict',
    message: `port ${port} is in use by another process; end that one, or choose another httpPort`,
  });
  expect(harness.runner.running()).toEqual([]);
  server.close();
});

test('a server waits for one of our own to leave the port', async () => {
  verifies('SUP-03');
  await using harness = createTestRunner();
  const dialer = dialerOf(harness.runner, await freePort());
  const first = await dialer.open('old-name', 'shared', never);
  const second = dialer.open('new-name', 'shared', never);
  if (first.kind === 'http') await first.target.process?.close();
  expect(await second).toMatchObject({ kind: 'http' });
  expect(harness.reported.map((line) => line.replace(/:.*/, ''))).toEqual([
    'leftovers killed',
    'started old-name',
    'ended old-name',
    'started new-name',
  ]);
});

test('who waits for a port can be told to stop', async () => {
  await using harness = createTestRunner();
  const dialer = dialerOf(harness.runner, await freePort());
  await dialer.open('old-name', 'shared', never);
  const controller = new AbortController();
  const second = dialer.open('new-name', 'shared', controller.signal);
  controller.abort();
  await expect(second).rejects.toMatchObject({ code: 'cancelled' });
  expect(harness.runner.running().map(({ server }) => server)).toEqual(['old-name']);
});
