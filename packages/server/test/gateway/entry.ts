// An entry, a caller, an exchange and listeners that do nothing, for tests of what stands behind the gateway's door.

import { isScanFailure, scanMessage, type Message } from '@tutti/wire';
import type { Accesses } from '../../src/gateway/ports.ts';
import { accessOf } from '../../src/policy/access.ts';
import { LOCAL } from '../../src/policy/principal.ts';
import type { Caller } from '../../src/gateway/caller.ts';
import { Exchange, type Reply } from '../../src/gateway/exchange.ts';
import type { InstanceEvents } from '../../src/gateway/upstream/instance-deps.ts';
import type { ServerEntry, ServerLimits } from '../../src/snapshot/types.ts';

export const LIMITS: ServerLimits = {
  callTimeoutMs: 30_000,
  maxCallMs: 600_000,
  startupTimeoutMs: 15_000,
  heartbeatIntervalMs: 30_000,
  maxFailures: 3,
  maxInFlight: 64,
  maxQueued: 256,
  maxMessageBytes: 1_000_000,
  maxInstances: 16,
};

export function anEntry(
  change: Partial<Omit<ServerEntry, 'limits'>> & { readonly limits?: Partial<ServerLimits> } = {},
): ServerEntry {
  return {
    name: 'one',
    configDigest: 'd',
    transport: 'stdio',
    isolation: 'shared',
    abandonedCalls: 'finish',
    admission: { kind: 'dial', attempt: 1 },
    idle: undefined,
    toolFilter: undefined,
    listedOnly: false,
    segment: undefined,
    knownEra: 'legacy',
    ...change,
    limits: { ...LIMITS, ...change.limits },
  };
}

export const CALLER: Caller = {
  principal: 'local',
  era: 'modern',
  sessionKey: undefined,
  protocolVersion: '2026-07-28',
  capabilities: '{}',
  clientInfo: undefined,
  logLevel: undefined,
  paramHeaders: undefined,
};

/** Everybody may come in and use everything. */
export function openAccesses(): Accesses {
  const access = accessOf(LOCAL, []);
  return {
    of: () => access,
    byPrincipal: () => access,
    all: () => [access],
    subscribe: () => ({ [Symbol.dispose]() {} }),
  };
}

export function message(json: unknown): Message {
  const scanned = scanMessage(Buffer.from(JSON.stringify(json)));
  if (isScanFailure(scanned)) throw new Error(scanned.reason);
  return scanned;
}

/** A call of a tool; what it comes to is collected. */
export function aCall(nowMs: number, params: unknown = { name: 'x' }) {
  const replies: Reply[] = [];
  const exchange = new Exchange({
    request: message({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    method: 'tools/call',
    caller: CALLER,
    server: 'one',
    tool: 'x',
    renames: [],
    paramHeaders: undefined,
    startedMs: nowMs,
    deadlineMs: nowMs + LIMITS.callTimeoutMs,
    channel: { notify() {}, ask() {}, finish: (reply) => void replies.push(reply) },
    owner: { finished() {} },
  });
  return { exchange, replies };
}

export const NO_EVENTS: InstanceEvents = {
  ready() {},
  ended() {},
  interactive() {},
  taskOf: () => undefined,
  notified() {},
  answered() {},
  unanswered() {},
  resend() {},
  serverLog() {},
  failed() {},
  limitReached() {},
  healthy() {},
  unhealthy() {},
};
