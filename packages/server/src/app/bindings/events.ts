// Events as the API shows them: those in memory, and older ones of the store where these are not enough.

import type { ApiEvent } from '@tutti/schemas';
import type { ApiDeps } from '../../api/deps.ts';
import type { EventFilter, EventQuery } from '../../api/event-query.ts';
import { MAX_EVENTS, type EventLog, type ServerEvent } from '../../reconcile/events.ts';
import type { EventHistory } from './event-history/event-history.ts';

export function createEventsApi(
  events: EventLog,
  history: Pick<EventHistory, 'find'>,
): Pick<ApiDeps, 'events' | 'recentEvents' | 'onEvent'> {
  const recent = (query: EventQuery): readonly ServerEvent[] =>
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
  { name, reasons, type, sinceMs, untilMs }: EventFilter,
  { server, reason, type: ofEvent, atMs }: ServerEvent,
): boolean {
  return (
    (name === undefined || name === server) &&
    (reasons.length === 0 || reasons.includes(reason)) &&
    (type === undefined || type === ofEvent) &&
    (sinceMs === undefined || atMs >= sinceMs) &&
    (untilMs === undefined || atMs < untilMs)
  );
}

function apiEvent({ atMs, type, server, reason, message, host }: ServerEvent): ApiEvent {
  const kind = reason.startsWith('Store') ? 'Store' : 'MCPServer';
  const event = { type, kind, name: server, reason, message };
  return { time: new Date(atMs).toISOString(), ...event, ...(host !== undefined && { host }) };
}
