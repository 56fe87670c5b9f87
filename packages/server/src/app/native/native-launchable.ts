// The server of Tutti's own tools, beside those that are declared: what the reconciler looks after and the gateway dials.

import { mcpServerSpecSchema } from '@tutti/schemas';
import type { EventLog } from '../../resources/events/event-log.ts';
import { digestOf } from '../../resources/digest.ts';
import { NATIVE_SERVER } from '../../snapshot/types.ts';
import type { Launchable, LaunchableServers } from '../desired-servers.ts';

/** `version`: another one may have other tools. */
export function withNativeServer(servers: LaunchableServers, version: string): LaunchableServers {
  const native = nativeLaunchable(version);
  return {
    ...servers,
    list: () => [...servers.list(), native],
    get: (name) => (name === NATIVE_SERVER ? native : servers.get(name)),
  };
}

/** Nothing is told of it: it is always there. */
export function withoutNativeServer(events: EventLog): EventLog {
  return {
    ...events,
    add(server, reason, message) {
      if (server !== NATIVE_SERVER) events.add(server, reason, message);
    },
  };
}

/** Longer than the longest wait of a tool. */
const CALL_SECONDS = 60;
/** Calls at once: agents that wait for work are most of them, and must not keep others from theirs. */
const MAX_CALLS = 20_000;

function nativeLaunchable(version: string): Launchable {
  const { command: _none, ...defaults } = mcpServerSpecSchema.parse({
    command: NATIVE_SERVER,
    timeout: CALL_SECONDS,
    // What a client left has to end: a task must not be handed to somebody who is gone.
    abandonedCalls: 'cancel',
    limits: { maxInFlight: MAX_CALLS },
  });
  const spec = { ...defaults, type: 'native' as const, description: "Tutti's own tools." };
  return {
    resource: {
      kind: 'MCPServer',
      name: NATIVE_SERVER,
      labels: {},
      annotations: {},
      spec,
      origin: { kind: 'api', path: `MCPServer/${NATIVE_SERVER}`, line: 1, by: NATIVE_SERVER },
      generation: 1,
    },
    // Their names are the same wherever they are seen, whatever stands before those of others.
    prefix: '',
    pins: 'off',
    spec,
    dialUrl: undefined,
    unresolved: [],
    conflict: undefined,
    identityDigest: digestOf({ native: version }),
    secrets: [],
  };
}
