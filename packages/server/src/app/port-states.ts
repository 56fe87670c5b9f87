// How it stands with the ports that servers declare, as a condition of each and as events: an event for each change, and
// none for waiting.

import type { ApiCondition } from '@tutti/schemas';
import type { Clock } from '../kernel/clock.ts';
import type { EventLog } from '../resources/events/event-log.ts';
import type { Events } from '../telemetry/events.ts';

export interface PortState {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** Where it is served, if it is. */
  readonly url?: string | undefined;
  readonly retryAtMs?: number | undefined;
}

export interface PortStates {
  /** Undefined: it declares no port. */
  set(server: string, state: PortState | undefined, isDeclared: boolean): void;
  servers(): Iterable<string>;
  url(server: string): string | undefined;
  condition(server: string): ApiCondition | undefined;
}

export interface PortStatesDeps {
  readonly clock: Clock;
  readonly events: EventLog;
  readonly happenings: Pick<Events, 'serverPortOpened' | 'serverPortUnavailable'>;
}

type Known = PortState & { readonly sinceMs: number };

export function createPortStates({ clock, events, happenings }: PortStatesDeps): PortStates {
  const known = new Map<string, Known>();

  function tell(server: string, { status, message, url }: PortState): void {
    if (status === 'True' && url !== undefined) {
      events.add(server, 'MCPServerPortOpened', message);
      happenings.serverPortOpened(server, url);
    } else {
      events.add(server, 'MCPServerPortUnavailable', message);
      happenings.serverPortUnavailable(server, message);
    }
  }

  return {
    set(server, state, isDeclared) {
      const before = known.get(server);
      if (state === undefined) {
        known.delete(server);
        if (before?.url !== undefined && isDeclared)
          events.add(server, 'MCPServerPortClosed', `is not served on ${before.url} any more`);
        return;
      }
      const sinceMs = before?.status === state.status ? before.sinceMs : clock.nowMs();
      known.set(server, { ...state, sinceMs });
      const isNews = before?.status !== state.status || before.message !== state.message;
      if (isNews && state.status !== 'Unknown') tell(server, state);
    },
    servers: () => [...known.keys()],
    url: (server) => known.get(server)?.url,
    condition(server) {
      const state = known.get(server);
      if (state === undefined) return undefined;
      const { status, reason, message, retryAtMs, sinceMs } = state;
      const next = retryAtMs === undefined ? '' : `; next attempt at ${new Date(retryAtMs).toISOString()}`;
      return {
        type: 'PortOpen',
        status,
        reason,
        message: `${message}${next}`,
        lastTransitionTime: new Date(sinceMs).toISOString(),
      };
    },
  };
}
