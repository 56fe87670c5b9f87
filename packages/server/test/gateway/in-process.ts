// A gateway in this process, on an HTTP server of its own, with one server that is held back: calls come as far as its
// slot and are refused there. For what can't be provoked from outside, faults of ours above all.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { createGateway } from '../../src/gateway/gateway.ts';
import type { GatewayLimits } from '../../src/gateway/limits.ts';
import type { GatewayEvents } from '../../src/gateway/ports.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { withEntry } from '../../src/snapshot/builder.ts';
import { createNameBook } from '../../src/snapshot/names.ts';
import { createSnapshotPublisher } from '../../src/snapshot/publisher.ts';
import { buildSegment } from '../../src/snapshot/segment.ts';
import { found, tools } from '../snapshot/found.ts';
import { anEntry, openAccesses } from './entry.ts';

export const LIMITS: GatewayLimits = {
  maxBodyBytes: 1 << 20,
  maxHeaderBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  maxDepth: 64,
  maxStreams: 100,
  maxSessions: 100,
  sessionIdleMs: 60_000,
  sessionAbsoluteMs: 600_000,
  maxPendingMessages: 100,
  maxUnreadBytes: 1 << 20,
  unreadTimeoutMs: 60_000,
  askTimeoutMs: 60_000,
  maxParked: 100,
  maxSubscriptions: 100,
  keepAliveMs: 15_000,
  longCallAfterMs: 20_000,
  resultTtlMs: 600_000,
};

const { segment } = buildSegment(
  {
    server: 'one',
    transport: 'stdio',
    prefix: 'one',
    found: found(
      { tools: tools('t'), resources: ['{"uri":"x:1","name":"x"}'] },
      { capabilities: Buffer.from('{"tools":{},"resources":{"subscribe":true}}') },
    ),
    cached: false,
    isAllowed: () => true,
  },
  createNameBook(),
);

/** Its tool is `one_t`, its resource `x:1`. */
const entry = anEntry({
  admission: { kind: 'hold', state: 'Failed', reason: 'held back by the test', retryAtMs: undefined },
  segment,
});

export interface InProcess extends AsyncDisposable {
  readonly url: string;
  /** Faults that were contained. */
  readonly faults: unknown[];
}

export async function startInProcess(
  options: { readonly events?: Partial<GatewayEvents>; readonly limits?: Partial<GatewayLimits> } = {},
): Promise<InProcess> {
  const faults: unknown[] = [];
  const snapshots = createSnapshotPublisher({ listenerFailed: (error) => faults.push(error) });
  snapshots.update((snapshot) => withEntry(snapshot, entry));
  const gateway = createGateway({
    ports: {
      claims: { require: () => Promise.resolve() },
      sessions: { earlier: [], put() {}, remove() {} },
      results: { earlier: [], put() {}, remove() {} },
      snapshots,
      accesses: openAccesses(),
      toolsets: { current: () => new Map(), subscribe: () => ({ [Symbol.dispose]() {} }) },
      observations: { report() {} },
      dialer: { open: () => Promise.reject(new Error('nothing is dialled')) },
      events: {
        callFinished() {},
        toolsListed() {},
        serverLog() {},
        sessionsChanged() {},
        sessionRevived() {},
        callsHeld() {},
        listChangedSent() {},
        limitReached() {},
        keyRefused() {},
        policyDenied() {},
        internalError: (error) => faults.push(error),
        ...options.events,
      },
    },
    clock: systemClock,
    random: () => 0,
    // Getters among them stay getters.
    limits: Object.create(LIMITS, Object.getOwnPropertyDescriptors(options.limits ?? {})),
    origin: { boundHost: '127.0.0.1', allowedHosts: [] },
    owner: 'test',
    key: Buffer.alloc(32, 1),
    version: '0',
    startsAtOnce: 1,
    contextMode: () => 'direct',
  });
  const server = createServer((request, response) => {
    if (!gateway.handle(request, response)) response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    async [Symbol.asyncDispose]() {
      await gateway.close(0);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
