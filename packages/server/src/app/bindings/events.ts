// Events as the API shows them: those in memory, and older ones of the store where these are not enough.

import type { ApiEvent } from '@tutti/schemas';
import type { ApiDeps } from '../../api/deps.ts';
import type { EventFilter, EventQuery } from '../../api/event-query.ts';
import { MAX_EVENTS, type EventLog, type ResourceEvent } from '../../resources/events/event-log.ts';
import type { EventHistory } from './event-history/event-history.ts';

export function createEventsApi(
  events: EventLog,
  history: Pick<EventHistory, 'find'>,
): Pick<ApiDeps, 'events' | 'recentEvents' | 'onEvent'> {
  const recent = (query: EventQuery): readonly ResourceEvent[] =>
    events
      .list()
      .filter((event) => isAskedFor(query, event))
      .slice(-query.limit);

  return {
    async events(query) {
      const found = recent(query);
      const known = events.list();
      const oldestMs = known[0]?.atMs ?? 0;
      const areAllThere =
        found.length >= query.limit ||
        known.length < MAX_EVENTS ||
        (query.sinceMs !== undefined && query.sinceMs > oldestMs);
      return (areAllThere ? found : ((await history.find(query)) ?? found)).map(apiEvent);
    },
    recentEvents: (query) => recent(query).map(apiEvent),
    onEvent: (filter, listener) =>
      events.subscribe((event) => {
        if (isAskedFor(filter, event)) listener(apiEvent(event));
      }),
  };
}

function isAskedFor(
  { kind, name, reasons, type, sinceMs, untilMs }: EventFilter,
  event: ResourceEvent,
): boolean {
  return (
    (kind === undefined || kind === event.kind) &&
    (name === undefined || name === event.name) &&
    (reasons.length === 0 || reasons.includes(event.reason)) &&
    (type === undefined || type === event.type) &&
    (sinceMs === undefined || event.atMs >= sinceMs) &&
    (untilMs === undefined || event.atMs < untilMs)
  );
}

function apiEvent({ atMs, host, ...event }: ResourceEvent): ApiEvent {
  return { time: new Date(atMs).toISOString(), ...event, ...(host !== undefined && { host }) };
}
