// The gateway's events as telemetry.

import type { GatewayEvents } from '../../gateway/ports.ts';
import type { Events } from '../../telemetry/events.ts';

export function createGatewayEvents(events: Events): GatewayEvents {
  return {
    callFinished: (call) => events.callFinished(call),
    serverLog: (server, stream, line) => events.serverLogged(server, stream, line),
    sessionsChanged: (open) => events.sessionsChanged(open),
    sessionRevived: () => events.sessionRevived(),
    callsHeld: (count) => events.callsHeld(count),
    listChangedSent: (list, notifications) => events.listChangedSent(list, notifications),
    toolsListed: (mode, bytes, wholeBytes) => events.toolsListed(mode, bytes, wholeBytes),
    limitReached: (limit, server) => events.limitReached(limit, server),
    keyRefused: (reason) => events.keyRefused(reason),
    policyDenied: (what) => events.policyDenied(what),
    internalError: (error) => events.internalError(error),
  };
}
