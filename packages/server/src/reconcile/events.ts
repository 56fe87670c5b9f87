// What happened to resources, for people: the last events, and a way to follow them. Reasons are a closed list.

import type { Clock } from '../kernel/clock.ts';

/** Events that are kept; the oldest goes first. */
export const MAX_EVENTS = 1_000;
/** Characters of a message that are kept. */
export const MAX_EVENT_MESSAGE_CHARS = 1_000;

const WARNINGS = [
  'MCPServerFailed',
  'MCPServerHealthCheckFailed',
  'MCPServerCircuitOpened',
  'MCPServerRecoveryFailed',
  'MCPServerToolsUnavailable',
  'MCPServerPortUnavailable',
  'MCPServerFamilyDiverged',
  'MCPServerToolsChanged',
  'StoreFailed',
] as const;
const NORMAL = [
  'MCPServerCreated',
  'MCPServerUpdated',
  'MCPServerDeleted',
  'MCPServerStarting',
  'MCPServerStarted',
  'MCPServerStopped',
  'MCPServerRestarting',
  'MCPServerToolsDiscovered',
  'MCPServerRecoveryStarted',
  'MCPServerRecoverySucceeded',
  'MCPServerPortOpened',
  'MCPServerPortClosed',
  'MCPServerCircuitClosed',
  'MCPServerToolsRemoved',
  'MCPServerToolsApproved',
  'MCPServerSuspended',
  'MCPServerResumed',
  'StoreRecovered',
] as const;

export type EventReason = (typeof WARNINGS)[number] | (typeof NORMAL)[number];

export interface ServerEvent {
  readonly atMs: number;
  readonly type: 'Normal' | 'Warning';
  readonly server: string;
  readonly reason: EventReason;
  readonly message: string;
  /** Another host that it happened at; undefined for this one. */
  readonly host?: string | undefined;
}

export interface EventLog {
  add(server: string, reason: EventReason, message: string): void;
  /** Takes up what happened at other hosts; listeners are told. */
  learn(events: readonly ServerEvent[]): void;
  /** Oldest first. */
  list(): readonly ServerEvent[];
  /** Called for each new event. Dispose to stop. */
  subscribe(listener: (event: ServerEvent) => void): Disposable;
}

export const EVENT_REASONS: readonly EventReason[] = [...WARNINGS, ...NORMAL];

const warnings: ReadonlySet<string> = new Set(WARNINGS);
const reasons: ReadonlySet<string> = new Set(EVENT_REASONS);

export function isEventReason(text: string): text is EventReason {
  return reasons.has(text);
}

export function typeOfEvent(reason: EventReason): ServerEvent['type'] {
  return warnings.has(reason) ? 'Warning' : 'Normal';
}

export interface EventLogDeps {
  readonly clock: Clock;
  /** What is known of earlier runs, oldest first. */
  readonly earlier?: readonly ServerEvent[] | undefined;
}

export function createEventLog({ clock, earlier = [] }: EventLogDeps): EventLog {
  let events: ServerEvent[] = [...earlier];
  const listeners = new Set<(event: ServerEvent) => void>();

  function put(event: ServerEvent, at: number): void {
    events.splice(at, 0, event);
    // Cut in steps, so that an event does not cost a copy of all.
    if (events.length >= 2 * MAX_EVENTS) events = events.slice(-MAX_EVENTS);
    for (const listener of listeners) listener(event);
  }

  /** Nearly always the end: hosts tell each other within a moment. */
  function placeOf({ atMs }: ServerEvent): number {
    let at = events.length;
    while (at > 0 && (events[at - 1]?.atMs ?? 0) > atMs) at -= 1;
    return at;
  }

  return {
    add(server, reason, message) {
      const type = typeOfEvent(reason);
      const text = message.slice(0, MAX_EVENT_MESSAGE_CHARS);
      put({ atMs: clock.nowMs(), type, server, reason, message: text }, events.length);
    },
    learn(others) {
      for (const event of others) put(event, placeOf(event));
    },
    list: () => events.slice(-MAX_EVENTS),
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}
