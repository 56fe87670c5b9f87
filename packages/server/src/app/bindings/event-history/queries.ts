// The SQL of the history of events.

import type { Queries, ReadQueries } from '../../../store/database.ts';

export interface EventRow {
  /** Grows from event to event. */
  seq: number;
  at_ms: number;
  /** Of the resource, whose kind the reason tells. */
  name: string;
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

export interface FindEvents {
  readonly name: string | undefined;
  /** Undefined: any. */
  readonly reasons: readonly string[] | undefined;
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly limit: number;
}

/** Those that fit, the newest first. */
export function findEvents(
  queries: ReadQueries<EventTables>,
  { name, reasons, sinceMs, untilMs, limit }: FindEvents,
): Promise<readonly EventRow[]> {
  if (reasons?.length === 0) return Promise.resolve([]);
  return queries
    .selectFrom('events_history')
    .selectAll()
    .$if(name !== undefined, (query) => query.where('name', '=', name ?? ''))
    .$if(reasons !== undefined, (query) => query.where('reason', 'in', reasons ?? []))
    .$if(sinceMs !== undefined, (query) => query.where('at_ms', '>=', sinceMs ?? 0))
    .$if(untilMs !== undefined, (query) => query.where('at_ms', '<', untilMs ?? 0))
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
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
