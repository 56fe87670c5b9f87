// The SQL of agents.

import type { Queries, ReadQueries, Transaction } from '../../store/database.ts';
import type { DialectName } from '../../store/driver.ts';
import { fixed } from '../../store/fixed.ts';
import { isOneOf, jsonRows } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import { deleteCard } from '../agent-cards/queries.ts';
import type { AgentRow, AgentTables, BeatRow, LoadRow } from './agent-row.ts';

type AgentTransaction = Transaction<AgentTables>;

/** A database, or a transaction that reads. */
export interface Readable {
  readonly dialect: DialectName;
  readonly read: ReadQueries<AgentTables>;
}

export function readAgents(database: Readable, ids: readonly string[]): Promise<readonly AgentRow[]> {
  const { read, dialect } = database;
  return read
    .selectFrom('agents_agents')
    .selectAll()
    .where(isOneOf(dialect, 'id', ids))
    .execute();
}

/** As `readAgents`, where it is asked for often. */
export async function readNamed(tx: AgentTransaction, ids: readonly string[]): Promise<readonly AgentRow[]> {
  return (await READ_NAMED(tx, { ids })).rows;
}

const READ_NAMED = fixed<'ids', AgentRow>(
  (dialect, slot) => sql`select * from agents_agents where ${isOneOf(dialect, 'id', slot('ids'))}`,
);

export async function insertAgent(tx: Queries<AgentTables>, row: AgentRow): Promise<void> {
  await tx.insertInto('agents_agents').values(row).execute();
  await tx
    .insertInto('agents_loads')
    .values({ agent_id: row.id, used: 0, completed: 0, failed: 0, version: 1 })
    .execute();
}

/** Whether it was as it was read: nobody else changed it since. */
export async function updateAgent(
  tx: Queries<AgentTables>,
  { id, version, ...row }: AgentRow,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('agents_agents')
    .set({ ...row, version: version + 1 })
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

export async function deleteAgent(tx: Queries<AgentTables>, id: string): Promise<void> {
  // In the order in which heartbeats lock them.
  await tx.deleteFrom('agents_beats').where('agent_id', '=', id).execute();
  await tx.deleteFrom('agents_agents').where('id', '=', id).execute();
  await tx.deleteFrom('agents_loads').where('agent_id', '=', id).execute();
  await deleteCard(tx, id);
}

/** Whoever gives it a task, or takes one from it, waits until the transaction ends. */
export async function lockLoad(tx: Queries<AgentTables>, id: string): Promise<void> {
  await tx
    .updateTable('agents_loads')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('agent_id', '=', id)
    .execute();
}

/** A beat never goes back. */
export async function writeBeats(tx: AgentTransaction, rows: readonly BeatRow[]): Promise<void> {
  const columns = { agent_id: 'text', at_ms: 'integer' } as const;
  await sql`insert into agents_beats (agent_id, at_ms)
    select agent_id, at_ms from ${jsonRows(tx.dialect, 'added', columns, rows)} where true order by agent_id
    on conflict (agent_id) do update set at_ms = excluded.at_ms
    where excluded.at_ms > agents_beats.at_ms`.execute(tx);
}

export type SilentRow = Pick<AgentRow, 'id' | 'heartbeat_ms'> & { at_ms: number };

/** Agents that nothing was heard of for `intervals` times their interval and `graceMs`. */
export function readSilent(
  read: ReadQueries<AgentTables>,
  { nowMs, intervals, graceMs, limit }: SilenceQuery,
): Promise<readonly SilentRow[]> {
  return read
    .selectFrom('agents_agents')
    .innerJoin('agents_beats', 'agents_beats.agent_id', 'agents_agents.id')
    .select(['agents_agents.id', 'agents_agents.heartbeat_ms', 'agents_beats.at_ms'])
    .where('agents_agents.phase', '!=', 'Unknown')
    .where(
      sql<number>`agents_beats.at_ms + ${intervals} * agents_agents.heartbeat_ms + ${graceMs}`,
      '<',
      nowMs,
    )
    .limit(limit)
    .execute();
}

export interface SilenceQuery {
  readonly nowMs: number;
  readonly intervals: number;
  readonly graceMs: number;
  readonly limit: number;
}

/** What the directory keeps of each, the ones that changed since; in pages by id. */
export function readDirectory(
  read: ReadQueries<AgentTables>,
  { sinceMs, after, limit }: { readonly sinceMs: number; readonly after: string; readonly limit: number },
): Promise<readonly DirectoryRow[]> {
  return read
    .selectFrom('agents_agents')
    .innerJoin('agents_loads', 'agents_loads.agent_id', 'agents_agents.id')
    .selectAll('agents_agents')
    .select([
      'agents_loads.used',
      'agents_loads.completed',
      'agents_loads.failed',
      'agents_loads.version as load_version',
    ])
    .where('agents_agents.changed_ms', '>=', sinceMs)
    .where('agents_agents.id', '>', after)
    .orderBy('agents_agents.id')
    .limit(limit)
    .execute();
}

export type DirectoryRow = AgentRow &
  Pick<LoadRow, 'used' | 'completed' | 'failed'> & { load_version: number };

/** Ids of all agents, up to what one statement returns. */
export async function readIds(read: ReadQueries<AgentTables>): Promise<readonly string[]> {
  const rows = await read.selectFrom('agents_agents').select('id').execute();
  return rows.map(({ id }) => id);
}

/** Of these, those that were heard of although they had been taken for dead: each is again what was decided about it. */
export async function backAgain(
  tx: AgentTransaction,
  ids: readonly string[],
  nowMs: number,
): Promise<readonly AgentRow[]> {
  return await tx
    .updateTable('agents_agents')
    .set((eb) => ({
      phase: eb.ref('settled_phase'),
      phase_reason: eb.ref('settled_reason'),
      changed_ms: nowMs,
      version: eb('version', '+', 1),
    }))
    .where(isOneOf(tx.dialect, 'id', ids))
    .where('phase', '=', 'Unknown')
    .returningAll()
    .execute();
}

/** Takes those of these for dead that nothing was heard of for too long. */
export async function markSilent(
  tx: AgentTransaction,
  ids: readonly string[],
  { nowMs, intervals, graceMs }: Omit<SilenceQuery, 'limit'>,
): Promise<readonly AgentRow[]> {
  return await tx
    .updateTable('agents_agents')
    .set((eb) => ({
      phase: 'Unknown',
      phase_reason: `nothing was heard of it for ${intervals} heartbeat intervals; it is what it was as soon as it calls`,
      changed_ms: nowMs,
      version: eb('version', '+', 1),
    }))
    .where(isOneOf(tx.dialect, 'id', ids))
    .where('phase', '!=', 'Unknown')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('agents_beats')
          .select('agents_beats.agent_id')
          .whereRef('agents_beats.agent_id', '=', 'agents_agents.id')
          .where(
            sql<number>`agents_beats.at_ms + ${intervals} * agents_agents.heartbeat_ms + ${graceMs}`,
            '<',
            nowMs,
          ),
      ),
    )
    .returningAll()
    .execute();
}

export async function countAgents(tx: Queries<AgentTables>): Promise<number> {
  const { count } = await tx
    .selectFrom('agents_agents')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

export function readLoads({ read, dialect }: Readable, ids: readonly string[]): Promise<readonly LoadRow[]> {
  return read
    .selectFrom('agents_loads')
    .selectAll()
    .where(isOneOf(dialect, 'agent_id', ids))
    .execute();
}
