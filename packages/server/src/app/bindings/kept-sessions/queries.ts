// The SQL of the sessions that outlive a restart.

import type { Queries, ReadQueries } from '../../../store/database.ts';

export interface SessionRow {
  /** A digest of the session's id. */
  key: string;
  created_ms: number;
  last_used_ms: number;
  /** All the rest, as JSON. */
  record: string;
  /** The host that has the session; empty when it was written before there were several. */
  replica: string;
}

export interface SessionTables {
  sessions_records: SessionRow;
}

/** The last used first. */
export function readSessions(
  queries: ReadQueries<SessionTables>,
  replica: string,
  limit: number,
): Promise<readonly SessionRow[]> {
  return queries
    .selectFrom('sessions_records')
    .selectAll()
    .where('replica', '=', replica)
    .orderBy('last_used_ms', 'desc')
    .orderBy('key')
    .limit(limit)
    .execute();
}

/** Takes over what was written before hosts had ids. */
export async function adoptSessions(queries: Queries<SessionTables>, replica: string): Promise<void> {
  await queries.updateTable('sessions_records').set({ replica }).where('replica', '=', '').execute();
}

export async function deleteSessionsOf(queries: Queries<SessionTables>, replica: string): Promise<void> {
  await queries.deleteFrom('sessions_records').where('replica', '=', replica).execute();
}

/** Those of a host that are over by their age, or that nobody used for too long. */
export async function deleteOver(
  queries: Queries<SessionTables>,
  {
    replica,
    createdBeforeMs,
    usedBeforeMs,
  }: { readonly replica: string; readonly createdBeforeMs: number; readonly usedBeforeMs: number },
): Promise<void> {
  await queries
    .deleteFrom('sessions_records')
    .where('replica', '=', replica)
    .where((eb) => eb.or([eb('created_ms', '<=', createdBeforeMs), eb('last_used_ms', '<=', usedBeforeMs)]))
    .execute();
}

export async function writeSessions(
  queries: Queries<SessionTables>,
  rows: readonly SessionRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await queries
    .insertInto('sessions_records')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet((eb) => ({
        last_used_ms: eb.ref('excluded.last_used_ms'),
        record: eb.ref('excluded.record'),
      })),
    )
    .execute();
}

export async function deleteSessions(
  queries: Queries<SessionTables>,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  await queries.deleteFrom('sessions_records').where('key', 'in', keys).execute();
}
