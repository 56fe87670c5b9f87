// The SQL of leases. Whoever changes leases or tickets of a space has its guard first (store/guard.ts).

import type { Queries, ReadQueries, Transaction } from '../../store/database.ts';
import type { DialectName } from '../../store/driver.ts';
import { isOneOf, jsonRows } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import type { AgentTables } from '../agents/agent-row.ts';
import type { TaskTables } from '../tasks/queries.ts';
import type { LeaseRow, LeaseTables, TicketRow } from './lease-row.ts';
import type { Facts } from './liveness.ts';

export type AllTables = LeaseTables & AgentTables & TaskTables;
type LeaseTransaction = Transaction<LeaseTables>;

const COMMON = {
  id: 'text',
  space: 'text',
  agent_id: 'text',
  task_id: 'text',
  mode: 'text',
  patterns: 'text',
  reason: 'text',
  ttl_ms: 'integer',
  since_ms: 'integer',
} as const;
const LEASE_COLUMNS = { ...COMMON, fence: 'integer' } as const;
const TICKET_COLUMNS = { ...COMMON, seq: 'integer', keep_ms: 'integer' } as const;

const columnsOf = (columns: object) => sql.join(Object.keys(columns).map((name) => sql.ref(name)));

/** The longest lists that one space has. */
export async function readSpace(
  read: ReadQueries<LeaseTables>,
  space: string,
): Promise<{ readonly leases: readonly LeaseRow[]; readonly tickets: readonly TicketRow[] }> {
  return {
    leases: await read.selectFrom('leases_leases').selectAll().where('space', '=', space).execute(),
    tickets: await readTickets(read, space),
  };
}

export async function insertLeases(tx: LeaseTransaction, rows: readonly LeaseRow[]): Promise<void> {
  const list = columnsOf(LEASE_COLUMNS);
  await sql`insert into leases_leases (${list})
    select ${list} from ${jsonRows(tx.dialect, 'added', LEASE_COLUMNS, rows)} where true`.execute(tx);
}

export async function updatePatterns(
  tx: Queries<LeaseTables>,
  { id, patterns }: Pick<LeaseRow, 'id' | 'patterns'>,
): Promise<void> {
  await tx.updateTable('leases_leases').set({ patterns }).where('id', '=', id).execute();
}

export async function deleteLeases(tx: LeaseTransaction, ids: readonly string[]): Promise<void> {
  await tx
    .deleteFrom('leases_leases')
    .where(isOneOf(tx.dialect, 'id', ids))
    .execute();
}

/** Of one that is there already only the time changes until which it is kept. */
export async function upsertTickets(tx: LeaseTransaction, rows: readonly TicketRow[]): Promise<void> {
  const list = columnsOf(TICKET_COLUMNS);
  await sql`insert into leases_tickets (${list})
    select ${list} from ${jsonRows(tx.dialect, 'added', TICKET_COLUMNS, rows)} where true
    on conflict (id) do update set keep_ms = excluded.keep_ms`.execute(tx);
}

export async function deleteTickets(tx: LeaseTransaction, ids: readonly string[]): Promise<void> {
  await tx
    .deleteFrom('leases_tickets')
    .where(isOneOf(tx.dialect, 'id', ids))
    .execute();
}

/** With what decides whether they are in force. */
function withFacts(read: ReadQueries<AllTables>) {
  return read
    .selectFrom('leases_leases')
    .leftJoin('agents_agents', 'agents_agents.id', 'leases_leases.agent_id')
    .leftJoin('agents_beats', 'agents_beats.agent_id', 'leases_leases.agent_id')
    .leftJoin('tasks_tasks', 'tasks_tasks.id', 'leases_leases.task_id')
    .select([
      'agents_agents.registered_ms',
      'agents_agents.phase',
      'agents_beats.at_ms as beat_ms',
      'tasks_tasks.agent_id as task_agent_id',
      'tasks_tasks.ended_ms as task_ended_ms',
      'tasks_tasks.assigned_ms as task_assigned_ms',
    ]);
}

export function readFacts(tx: Transaction<AllTables>, ids: readonly string[]): Promise<readonly Facts[]> {
  return withFacts(tx)
    .select('leases_leases.id')
    .where(isOneOf(tx.dialect, 'leases_leases.id', ids))
    .execute();
}

/** The agents that have these tasks. */
export function readTaskHolders(
  tx: Transaction<TaskTables>,
  ids: readonly string[],
): Promise<
  readonly (Pick<Facts, 'task_agent_id' | 'task_ended_ms' | 'task_assigned_ms'> & { readonly id: string })[]
> {
  return tx
    .selectFrom('tasks_tasks')
    .select([
      'id',
      'agent_id as task_agent_id',
      'ended_ms as task_ended_ms',
      'assigned_ms as task_assigned_ms',
    ])
    .where(isOneOf(tx.dialect, 'id', ids))
    .execute();
}

export type LeaseFacts = LeaseRow & Omit<Facts, 'id'>;

export interface LeaseQuery {
  readonly space?: string | undefined;
  readonly agentId?: string | undefined;
  /** The one with this id. */
  readonly id?: string | undefined;
  /** Later than that one. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** By their ids, the oldest first. */
export function readLeases(
  read: ReadQueries<AllTables>,
  { space, agentId, id, after, limit }: LeaseQuery,
): Promise<readonly LeaseFacts[]> {
  let query = withFacts(read).selectAll('leases_leases');
  if (space !== undefined) query = query.where('leases_leases.space', '=', space);
  if (agentId !== undefined) query = query.where('leases_leases.agent_id', '=', agentId);
  if (id !== undefined) query = query.where('leases_leases.id', '=', id);
  if (after !== undefined) query = query.where('leases_leases.id', '>', after);
  return query.orderBy('leases_leases.id').limit(limit).execute();
}

export type LeasePlace = Pick<LeaseRow, 'id' | 'space'>;

export function readLeasesOfAgents(
  { read, dialect }: { readonly read: ReadQueries<LeaseTables>; readonly dialect: DialectName },
  agentIds: readonly string[],
  limit: number,
): Promise<readonly LeasePlace[]> {
  return read
    .selectFrom('leases_leases')
    .select(['id', 'space'])
    .where(isOneOf(dialect, 'agent_id', agentIds))
    .limit(limit)
    .execute();
}

export function readLeasesOfTasks(
  { read, dialect }: { readonly read: ReadQueries<LeaseTables>; readonly dialect: DialectName },
  taskIds: readonly string[],
  limit: number,
): Promise<readonly LeasePlace[]> {
  return read
    .selectFrom('leases_leases')
    .select(['id', 'space'])
    .where(isOneOf(dialect, 'task_id', taskIds))
    .limit(limit)
    .execute();
}

/** Those that are not in force any more, by what the store says (liveness.ts). */
export function readOver(
  read: ReadQueries<AllTables>,
  nowMs: number,
  limit: number,
): Promise<readonly LeasePlace[]> {
  return read
    .selectFrom('leases_leases')
    .leftJoin('agents_agents', 'agents_agents.id', 'leases_leases.agent_id')
    .leftJoin('agents_beats', 'agents_beats.agent_id', 'leases_leases.agent_id')
    .leftJoin('tasks_tasks', 'tasks_tasks.id', 'leases_leases.task_id')
    .select(['leases_leases.id', 'leases_leases.space'])
    .where((eb) =>
      eb.or([
        eb('agents_agents.id', 'is', null),
        eb('agents_agents.phase', '=', 'Unknown'),
        eb('agents_agents.registered_ms', '>', eb.ref('leases_leases.since_ms')),
        eb.and([
          eb('leases_leases.task_id', 'is not', null),
          eb.or([
            eb('tasks_tasks.id', 'is', null),
            eb('tasks_tasks.ended_ms', 'is not', null),
            eb('tasks_tasks.assigned_ms', 'is', null),
            eb('tasks_tasks.agent_id', '!=', eb.ref('leases_leases.agent_id')),
          ]),
        ]),
        eb.and([
          eb(sql<number>`leases_leases.since_ms + leases_leases.ttl_ms`, '<=', nowMs),
          eb(sql<number>`coalesce(agents_beats.at_ms, 0) + leases_leases.ttl_ms`, '<=', nowMs),
        ]),
      ]),
    )
    .limit(limit)
    .execute();
}

/** Whether there are any leases, or places in line. */
export async function hasLeases(read: ReadQueries<LeaseTables>): Promise<boolean> {
  const lease = await read.selectFrom('leases_leases').select('id').limit(1).executeTakeFirst();
  if (lease !== undefined) return true;
  return (await read.selectFrom('leases_tickets').select('id').limit(1).executeTakeFirst()) !== undefined;
}

export interface LeaseCount {
  readonly space: string;
  readonly mode: string;
  readonly count: number;
}

export function countLeases(read: ReadQueries<LeaseTables>): Promise<readonly LeaseCount[]> {
  return read
    .selectFrom('leases_leases')
    .select((eb) => ['space', 'mode', eb.fn.countAll<number>().as('count')])
    .groupBy(['space', 'mode'])
    .execute();
}

export function countTickets(read: ReadQueries<LeaseTables>): Promise<readonly Omit<LeaseCount, 'mode'>[]> {
  return read
    .selectFrom('leases_tickets')
    .select((eb) => ['space', eb.fn.countAll<number>().as('count')])
    .groupBy(['space'])
    .execute();
}

/** Where somebody who waited has not asked again in time. */
export async function readLapsedSpaces(
  read: ReadQueries<LeaseTables>,
  nowMs: number,
): Promise<readonly string[]> {
  const rows = await read
    .selectFrom('leases_tickets')
    .select('space')
    .distinct()
    .where('keep_ms', '<', nowMs)
    .execute();
  return rows.map(({ space }) => space);
}

/** Who waits in a space, in their order. */
export function readTickets(read: ReadQueries<LeaseTables>, space: string): Promise<readonly TicketRow[]> {
  return read.selectFrom('leases_tickets').selectAll().where('space', '=', space).orderBy('seq').execute();
}
