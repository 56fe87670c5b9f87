// What happened to resources, for people: the last events, and a way to follow them.

import type { Clock } from '../../kernel/clock.ts';
import { type EventKind, type EventReason, kindOfEvent, typeOfEvent } from './reasons.ts';

/** Events that are kept; the oldest goes first. */
export const MAX_EVENTS = 1_000;
/** Characters of a message that are kept. */
export const MAX_EVENT_MESSAGE_CHARS = 1_000;

export interface ResourceEvent {
  readonly atMs: number;
  readonly type: 'Normal' | 'Warning';
  /** Of the resource. */
  readonly kind: EventKind;
  readonly name: string;
  readonly reason: EventReason;
  readonly message: string;
  /** Another host that it happened at; undefined for this one. */
  readonly host?: string | undefined;
}

export interface EventLog {
  /** `name`: of the resource, whose kind the reason tells. */
  add(name: string, reason: EventReason, message: string): void;
  /** Takes up what happened at other hosts; listeners are told. */
  learn(events: readonly ResourceEvent[]): void;
  /** Oldest first. */
  list(): readonly ResourceEvent[];
  /** Called for each new event. Dispose to stop. */
  subscribe(listener: (event: ResourceEvent) => void): Disposable;
}

export interface EventLogDeps {
  readonly clock: Clock;
  /** What is known of earlier runs, oldest first. */
  readonly earlier?: readonly ResourceEvent[] | undefined;
}

export function createEventLog({ clock, earlier = [] }: EventLogDeps): EventLog {
  let events: ResourceEvent[] = [...earlier];
  const listeners = new Set<(event: ResourceEvent) => void>();

  function put(event: ResourceEvent, at: number): void {
    events.splice(at, 0, event);
    // Cut in steps, so that an event does not cost a copy of all.
    if (events.length >= 2 * MAX_EVENTS) events = events.slice(-MAX_EVENTS);
    for (const listener of listeners) listener(event);
  }

  /** Nearly always the end: hosts tell each other within a moment. */
  function placeOf({ atMs }: ResourceEvent): number {
    let at = events.length;
    while (at > 0 && (events[at - 1]?.atMs ?? 0) > atMs) at -= 1;
    return at;
  }

  return {
    add(name, reason, message) {
      const [type, kind] = [typeOfEvent(reason), kindOfEvent(reason)];
      const text = message.slice(0, MAX_EVENT_MESSAGE_CHARS);
      put({ atMs: clock.nowMs(), type, kind, name, reason, message: text }, events.length);
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
