// The SQL that only reads tasks: lines, lists, what is due.

import { MAX_CONCURRENT_TASKS, type TaskStatus } from '@tutti/schemas';
import { isOneOf } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import type { ReadQueries } from '../../store/database.ts';
import type { DialectName } from '../../store/driver.ts';
import type { AgentTables } from '../agents/agent-row.ts';
import type { AnswerRow, ClassRow, ContentRow, HistoryRow, TaskTables } from './queries.ts';
import type { TaskRow } from './task-row.ts';

/** A database that only is read. */
export interface TaskReads {
  readonly dialect: DialectName;
  readonly read: ReadQueries<TaskTables>;
}

/** As the index says it: with a parameter in its place the index would not be used. */
const IS_READY = sql<boolean>`ready = 1`;

/** It keeps its agent busy, where an agent has it. */
const TAKES_SLOT = sql<boolean>`(tasks_tasks.reason is null or tasks_tasks.reason <> 'approval')`;

/** The first in each of these lines. Locks nothing: what is taken is decided by who takes it. */
export async function readHeads(
  read: ReadQueries<TaskTables>,
  classIds: readonly string[],
  limit: number,
): Promise<readonly HeadRow[]> {
  const [first, ...others] = classIds.map((classId) =>
    read
      .selectFrom(
        read
          .selectFrom('tasks_tasks')
          .select(['id', 'class_id', 'rank_ms', 'spec'])
          .where(IS_READY)
          .where('class_id', '=', classId)
          .orderBy('rank_ms')
          .orderBy('id')
          .limit(limit)
          .as('head'),
      )
      .selectAll(),
  );
  if (first === undefined) return [];
  return await others.reduce((all, head) => all.unionAll(head), first).execute();
}

export type HeadRow = Pick<TaskRow, 'id' | 'class_id' | 'rank_ms' | 'spec'>;

export function readDue(
  read: ReadQueries<TaskTables>,
  nowMs: number,
  limit: number,
): Promise<readonly Pick<TaskRow, 'id' | 'due_ms'>[]> {
  return read
    .selectFrom('tasks_tasks')
    .select(['id', 'due_ms'])
    .where('due_ms', 'is not', null)
    .where('due_ms', '<=', nowMs)
    .orderBy('due_ms')
    .limit(limit)
    .execute();
}

export function readClasses(
  read: ReadQueries<TaskTables>,
  after: string,
  limit: number,
): Promise<readonly ClassRow[]> {
  return read
    .selectFrom('tasks_classes')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** The tasks that the agents are busy with, the oldest first. */
export function readHeld(
  { read, dialect }: TaskReads,
  agentIds: readonly string[],
  limit: number,
): Promise<readonly TaskRow[]> {
  return read
    .selectFrom('tasks_tasks')
    .selectAll()
    .where(isOneOf(dialect, 'agent_id', agentIds))
    .where('assigned_ms', 'is not', null)
    .where('ended_ms', 'is', null)
    .where(TAKES_SLOT)
    .orderBy('assigned_ms')
    .limit(limit)
    .execute();
}

/** Of agents that are taken for dead, or are gone. */
export async function readOrphans(
  read: ReadQueries<TaskTables & AgentTables>,
  limit: number,
): Promise<readonly Pick<TaskRow, 'id' | 'claim' | 'agent_id'>[]> {
  return await read
    .selectFrom('tasks_tasks')
    .leftJoin('agents_agents', 'agents_agents.id', 'tasks_tasks.agent_id')
    .select(['tasks_tasks.id', 'tasks_tasks.claim', 'tasks_tasks.agent_id'])
    .where('tasks_tasks.agent_id', 'is not', null)
    .where('tasks_tasks.assigned_ms', 'is not', null)
    .where('tasks_tasks.ended_ms', 'is', null)
    .where(TAKES_SLOT)
    .where((eb) => eb.or([eb('agents_agents.phase', '=', 'Unknown'), eb('agents_agents.id', 'is', null)]))
    .limit(limit)
    .execute();
}

export async function readRechecks(read: ReadQueries<TaskTables>, limit: number): Promise<readonly string[]> {
  const rows = await read.selectFrom('tasks_rechecks').select('task_id').limit(limit).execute();
  return rows.map(({ task_id }) => task_id);
}

/** The next time at which something is due. */
export async function readNextDue(read: ReadQueries<TaskTables>): Promise<number | undefined> {
  const row = await read
    .selectFrom('tasks_tasks')
    .select('due_ms')
    .where('due_ms', 'is not', null)
    .orderBy('due_ms')
    .limit(1)
    .executeTakeFirst();
  return row?.due_ms ?? undefined;
}

export async function readTask(read: ReadQueries<TaskTables>, id: string): Promise<TaskRow | undefined> {
  return await read.selectFrom('tasks_tasks').selectAll().where('id', '=', id).executeTakeFirst();
}

/** What these are and how they stand. */
export async function readBriefs(
  { read, dialect }: TaskReads,
  ids: readonly string[],
): Promise<readonly Pick<TaskRow, 'id' | 'description' | 'status'>[]> {
  if (ids.length === 0) return [];
  return await read
    .selectFrom('tasks_tasks')
    .select(['id', 'description', 'status'])
    .where(isOneOf(dialect, 'id', ids))
    .execute();
}

/** Null: there is no such task. */
export async function readTasks(
  { read, dialect }: TaskReads,
  ids: readonly string[],
): Promise<readonly (TaskRow | null)[]> {
  const rows = await read
    .selectFrom('tasks_tasks')
    .selectAll()
    .where(isOneOf(dialect, 'id', ids))
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}

export function readContents(
  { read, dialect }: TaskReads,
  ids: readonly string[],
): Promise<readonly ContentRow[]> {
  return read
    .selectFrom('tasks_contents')
    .selectAll()
    .where(isOneOf(dialect, 'task_id', ids))
    .execute();
}

export async function readAnswer(
  read: ReadQueries<TaskTables>,
  { principal, key }: Pick<AnswerRow, 'principal' | 'key'>,
): Promise<AnswerRow | undefined> {
  return await read
    .selectFrom('tasks_answers')
    .selectAll()
    .where('principal', '=', principal)
    .where('key', '=', key)
    .executeTakeFirst();
}

/** What happened to a task, oldest first. */
export function readHistory(
  read: ReadQueries<TaskTables>,
  taskId: string,
  limit: number,
): Promise<readonly HistoryRow[]> {
  return read
    .selectFrom('tasks_history')
    .selectAll()
    .where('task_id', '=', taskId)
    .orderBy('version')
    .limit(limit)
    .execute();
}

/** Tasks of the same line that come before it, counted up to a bound. */
export async function countAhead(
  read: ReadQueries<TaskTables>,
  { class_id, rank_ms, id }: Pick<TaskRow, 'class_id' | 'rank_ms' | 'id'>,
): Promise<number> {
  const ahead = await read
    .selectFrom('tasks_tasks')
    .select('id')
    .where(IS_READY)
    .where('class_id', '=', class_id)
    .where((eb) =>
      eb.or([eb('rank_ms', '<', rank_ms), eb.and([eb('rank_ms', '=', rank_ms), eb('id', '<', id)])]),
    )
    .limit(MAX_AHEAD)
    .execute();
  return ahead.length;
}

/** More are not told apart. */
const MAX_AHEAD = 1_000;

/** What each of these carries. */
export async function readContentsOf(
  reads: TaskReads,
  ids: readonly string[],
): Promise<readonly (readonly ContentRow[])[]> {
  const byTask = Map.groupBy(await readContents(reads, ids), ({ task_id }) => task_id);
  return ids.map((id) => byTask.get(id) ?? []);
}

/** What each of these agents is busy with, the oldest first. */
export async function readHeldBy(
  reads: TaskReads,
  agentIds: readonly string[],
): Promise<readonly (readonly TaskRow[])[]> {
  const rows = await readHeld(reads, agentIds, agentIds.length * MAX_CONCURRENT_TASKS);
  const byAgent = Map.groupBy(rows, ({ agent_id }) => agent_id);
  return agentIds.map((id) => byAgent.get(id) ?? []);
}

export interface TaskCount {
  readonly domain: string;
  readonly status: TaskStatus;
  readonly count: number;
}

export async function countTasks(read: ReadQueries<TaskTables>): Promise<readonly TaskCount[]> {
  return await read
    .selectFrom('tasks_tasks')
    .select((eb) => ['domain', 'status', eb.fn.countAll<number>().as('count')])
    .groupBy(['domain', 'status'])
    .execute();
}

/** Tasks that wait because of a budget. */
export async function readStarved(read: ReadQueries<TaskTables>, limit: number): Promise<readonly string[]> {
  const rows = await read
    .selectFrom('tasks_tasks')
    .select('id')
    .where('due_ms', 'is not', null)
    .where('status', '=', 'pending')
    .where('reason', '=', 'budget')
    .orderBy('due_ms')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}
