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
}

export interface EventLog {
  /** `name`: of the resource, whose kind the reason tells. */
  add(name: string, reason: EventReason, message: string): void;
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
  return {
    add(name, reason, message) {
      const event: ResourceEvent = {
        atMs: clock.nowMs(),
        type: typeOfEvent(reason),
        kind: kindOfEvent(reason),
        name,
        reason,
        message: message.slice(0, MAX_EVENT_MESSAGE_CHARS),
      };
      events.push(event);
      // Cut in steps, so that an event does not cost a copy of all.
      if (events.length >= 2 * MAX_EVENTS) events = events.slice(-MAX_EVENTS);
      for (const listener of listeners) listener(event);
    },
    list: () => events.slice(-MAX_EVENTS),
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}
