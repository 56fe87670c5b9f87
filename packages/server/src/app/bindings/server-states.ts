// Tells telemetry what the reconciler makes of servers: states, restarts, removals.

import type { EventLog } from '../../resources/events/event-log.ts';
import type { McpServerReconciler } from '../../reconcile/mcp-server/reconciler.ts';
import { NATIVE_SERVER } from '../../snapshot/types.ts';
import type { Events } from '../../telemetry/events.ts';
import type { ServerLogs } from '../../telemetry/server-logs.ts';

export interface ServerStatesDeps {
  readonly reconciler: McpServerReconciler;
  readonly events: EventLog;
  readonly happenings: Events;
  readonly logs: ServerLogs;
}

export function watchServerStates({ reconciler, events, happenings, logs }: ServerStatesDeps): Disposable {
  const known = new Map<string, { readonly state: string; readonly restarts: number }>();

  function look(server: string): void {
    // It is always there; nobody needs to be told.
    if (server === NATIVE_SERVER) return;
    const status = reconciler.status(server);
    const before = known.get(server);
    if (status === undefined) {
      if (!known.delete(server)) return;
      happenings.serverRemoved(server);
      logs.forget(server);
      return;
    }
    const { state, reason, lastError, restartCount } = status;
    known.set(server, { state, restarts: restartCount });
    if (before?.state !== state) happenings.serverStateChanged(server, state, reason);
    if (before !== undefined && restartCount > before.restarts)
      happenings.serverRestarting(server, restartCount, lastError ?? reason ?? state);
  }

  for (const server of reconciler.statuses().keys()) look(server);
  const following = reconciler.snapshots.subscribe((next, previous) => {
    for (const name of new Set([...next.servers.keys(), ...previous.servers.keys()])) {
      if (next.servers.get(name) !== previous.servers.get(name)) look(name);
    }
  });
  const listening = events.subscribe(({ kind, name }) => {
    if (kind === 'MCPServer') look(name);
  });
  return {
    [Symbol.dispose]() {
      following[Symbol.dispose]();
      listening[Symbol.dispose]();
    },
  };
}
