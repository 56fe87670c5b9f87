// The SQL of the history of events.

import type { Queries, ReadQueries } from '../../../store/database.ts';

export interface EventRow {
  /** Grows from event to event. */
  seq: number;
  at_ms: number;
  server: string;
  reason: string;
  message: string;
}

export interface EventTables {
  events_history: EventRow;
}

/** The last ones, the newest first. */
export function readLastEvents(
  queries: ReadQueries<EventTables>,
  limit: number,
): Promise<readonly EventRow[]> {
  return queries.selectFrom('events_history').selectAll().orderBy('seq', 'desc').limit(limit).execute();
}

export async function readLastSeq(queries: ReadQueries<EventTables>): Promise<number> {
  const last = await queries
    .selectFrom('events_history')
    .select('seq')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.seq ?? 0;
}

export async function insertEvents(queries: Queries<EventTables>, rows: readonly EventRow[]): Promise<void> {
  await queries.insertInto('events_history').values(rows).execute();
}
