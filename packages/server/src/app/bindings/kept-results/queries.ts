// The SQL of the held calls that outlive a restart.

import type { Queries, ReadQueries } from '../../../store/database.ts';

export interface ResultRow {
  /** Stands in the handle, which carries a MAC besides: who reads the store has no handle yet. */
  id: string;
  started_ms: number;
  ended_ms: number | null;
  /** All the rest, as JSON. */
  record: string;
  /** The host that made the call. */
  replica: string;
}

export interface ResultTables {
  results_records: ResultRow;
}

/** The newest ones, the oldest of them first. */
export async function readResults(
  queries: ReadQueries<ResultTables>,
  replica: string,
  limit: number,
): Promise<readonly ResultRow[]> {
  const newest = await queries
    .selectFrom('results_records')
    .selectAll()
    .where('replica', '=', replica)
    .orderBy('started_ms', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return newest.toReversed();
}

/** Those of a host whose time is over. */
export async function deleteEnded(
  queries: Queries<ResultTables>,
  replica: string,
  endedBeforeMs: number,
): Promise<void> {
  await queries
    .deleteFrom('results_records')
    .where('replica', '=', replica)
    .where('ended_ms', '<=', endedBeforeMs)
    .execute();
}

export async function deleteResultsOf(queries: Queries<ResultTables>, replica: string): Promise<void> {
  await queries.deleteFrom('results_records').where('replica', '=', replica).execute();
}

export async function writeResults(
  queries: Queries<ResultTables>,
  rows: readonly ResultRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await queries
    .insertInto('results_records')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        ended_ms: eb.ref('excluded.ended_ms'),
        record: eb.ref('excluded.record'),
      })),
    )
    .execute();
}

export async function deleteResults(queries: Queries<ResultTables>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await queries.deleteFrom('results_records').where('id', 'in', ids).execute();
}
