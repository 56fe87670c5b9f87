// The SQL of tasks: what a batch of decisions reads and writes. Each statement is one for as many rows as there are.

import type { RawBuilder } from 'kysely';
import type { JsonColumns } from '../../store/json-rows.ts';
import { among, isOneOf, jsonRows, jsonValues } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import type { Transaction } from '../../store/database.ts';
import type { LoadRow } from '../agents/agent-row.ts';
import type { TaskRow } from './task-row.ts';

export type TaskPart = 'payload' | 'result' | 'partial' | 'context' | 'question' | 'answer' | 'proofs';

/** Small ones that decisions read. */
export const DECIDING_PARTS: readonly TaskPart[] = ['question', 'answer', 'proofs'];

export interface ContentRow {
  task_id: string;
  part: TaskPart;
  body: string;
}

export interface HistoryRow {
  task_id: string;
  version: number;
  at_ms: number;
  event: string;
  status: string;
  agent_id: string | null;
  claim: number;
  detail: string;
}

export interface ClassRow {
  id: string;
  domain: string;
  /** JSON of its requirements. */
  wanted: string;
  seen_ms: number;
}

export interface NeedRow {
  task_id: string;
  needs_id: string;
}

export interface AnswerRow {
  principal: string;
  key: string;
  digest: string;
  answer: string;
  at_ms: number;
}

export interface TaskTables {
  tasks_tasks: TaskRow;
  tasks_contents: ContentRow;
  tasks_history: HistoryRow;
  tasks_classes: ClassRow;
  tasks_needs: NeedRow;
  tasks_rechecks: { task_id: string };
  tasks_answers: AnswerRow;
  agents_loads: LoadRow;
}

export type TaskTransaction = Transaction<TaskTables>;

const TASK_COLUMNS = {
  id: 'text',
  class_id: 'text',
  domain: 'text',
  rank_ms: 'integer',
  ready: 'integer',
  status: 'text',
  reason: 'text',
  message: 'text',
  description: 'text',
  priority: 'integer',
  spec: 'text',
  principal: 'text',
  parent_id: 'text',
  workflow_id: 'text',
  project_id: 'text',
  goal_id: 'text',
  agent_id: 'text',
  claim: 'integer',
  attempts: 'integer',
  progress: 'real',
  error: 'text',
  dead_letter: 'integer',
  due_ms: 'integer',
  deadline_ms: 'integer',
  not_before_ms: 'integer',
  created_ms: 'integer',
  assigned_ms: 'integer',
  started_ms: 'integer',
  waiting_ms: 'integer',
  wait_due_ms: 'integer',
  ended_ms: 'integer',
  version: 'integer',
} as const satisfies Record<keyof TaskRow, JsonColumns[string]>;

/** What never changes of a task is not written again. */
const {
  class_id: _class,
  domain: _domain,
  description: _description,
  spec: _spec,
  principal: _principal,
  parent_id: _parent,
  workflow_id: _workflow,
  project_id: _project,
  goal_id: _goal,
  created_ms: _created,
  deadline_ms: _deadline,
  priority: _priority,
  ...CHANGING
} = TASK_COLUMNS;

/** The tasks that there are of these, locked until the transaction ends, always in the same order. */
export async function lockTasks(tx: TaskTransaction, ids: readonly string[]): Promise<readonly TaskRow[]> {
  const { rows } = await sql<TaskRow>`
    select * from tasks_tasks where ${isOneOf(tx.dialect, 'id', ids)} order by id ${forUpdate(tx)}`.execute(
    tx,
  );
  return rows;
}

function forUpdate({ dialect }: TaskTransaction): RawBuilder<unknown> {
  return dialect === 'postgres' ? sql`for update` : sql``;
}

export async function insertTasks(tx: TaskTransaction, rows: readonly TaskRow[]): Promise<void> {
  await insertRows(tx, 'tasks_tasks', TASK_COLUMNS, rows);
}

export async function updateTasks(tx: TaskTransaction, rows: readonly TaskRow[]): Promise<void> {
  const names = Object.keys(CHANGING).filter((name) => name !== 'id');
  const set = names.map((name) => sql`${sql.ref(name)} = ${sql.ref(`changed.${name}`)}`);
  await sql`update tasks_tasks set ${sql.join(set)} from ${jsonRows(tx.dialect, 'changed', CHANGING, rows)}
    where tasks_tasks.id = changed.id`.execute(tx);
}

/** What they want of an agent, which seldom changes. */
export async function updateRequirements(tx: TaskTransaction, rows: readonly TaskRow[]): Promise<void> {
  const columns = { id: 'text', class_id: 'text', spec: 'text' } as const;
  await sql`update tasks_tasks set class_id = changed.class_id, spec = changed.spec
    from ${jsonRows(tx.dialect, 'changed', columns, rows)}
    where tasks_tasks.id = changed.id`.execute(tx);
}

/** Of these agents, and of those that have claims on these tasks; locked too. */
export async function lockLoads(
  tx: TaskTransaction,
  ids: readonly string[],
  taskIds: readonly string[],
): Promise<readonly LoadRow[]> {
  const holders = sql`select agent_id from tasks_tasks
    where ${isOneOf(tx.dialect, 'id', taskIds)} and agent_id is not null and ended_ms is null`;
  const wanted = sql`${jsonValues(tx.dialect, ids)} union ${holders}`;
  const { rows } = await sql<LoadRow>`
    select * from agents_loads where agent_id ${among(tx.dialect, wanted)}
    order by agent_id ${forUpdate(tx)}`.execute(tx);
  return rows;
}

export async function updateLoads(tx: TaskTransaction, rows: readonly LoadRow[]): Promise<void> {
  const columns = {
    agent_id: 'text',
    used: 'integer',
    completed: 'integer',
    failed: 'integer',
    version: 'integer',
  } as const;
  await sql`update agents_loads
    set used = changed.used, completed = changed.completed, failed = changed.failed, version = changed.version
    from ${jsonRows(tx.dialect, 'changed', columns, rows)}
    where agents_loads.agent_id = changed.agent_id`.execute(tx);
}

export async function insertHistory(tx: TaskTransaction, rows: readonly HistoryRow[]): Promise<void> {
  await insertRows(
    tx,
    'tasks_history',
    {
      task_id: 'text',
      version: 'integer',
      at_ms: 'integer',
      event: 'text',
      status: 'text',
      agent_id: 'text',
      claim: 'integer',
      detail: 'text',
    },
    rows,
  );
}

/** Each part replaces the one there was. */
export async function writeContents(tx: TaskTransaction, rows: readonly ContentRow[]): Promise<void> {
  await insertRows(
    tx,
    'tasks_contents',
    { task_id: 'text', part: 'text', body: 'text' },
    rows,
    sql`on conflict (task_id, part) do update set body = excluded.body`,
  );
}

export async function insertNeeds(tx: TaskTransaction, rows: readonly NeedRow[]): Promise<void> {
  await insertRows(tx, 'tasks_needs', { task_id: 'text', needs_id: 'text' }, rows);
}

export async function writeClasses(tx: TaskTransaction, rows: readonly ClassRow[]): Promise<void> {
  await insertRows(
    tx,
    'tasks_classes',
    { id: 'text', domain: 'text', wanted: 'text', seen_ms: 'integer' },
    rows,
    sql`on conflict (id) do nothing`,
  );
}

/** Whoever needs one of these is looked at again; how many there are that were not to be already. */
export async function askRechecks(tx: TaskTransaction, needs: readonly string[]): Promise<number> {
  const { numAffectedRows = 0n } = await sql`insert into tasks_rechecks (task_id)
    select distinct task_id from tasks_needs where ${isOneOf(tx.dialect, 'needs_id', needs)}
    order by task_id on conflict (task_id) do nothing`.execute(tx);
  return Number(numAffectedRows);
}

export async function dropRechecks(tx: TaskTransaction, ids: readonly string[]): Promise<void> {
  await sql`delete from tasks_rechecks where ${isOneOf(tx.dialect, 'task_id', ids)}`.execute(tx);
}

/** What became of the tasks that these need. */
export async function readNeeds(tx: TaskTransaction, ids: readonly string[]): Promise<readonly NeededRow[]> {
  const { rows } = await sql<NeededRow>`
    select n.task_id, n.needs_id, t.status from tasks_needs n left join tasks_tasks t on t.id = n.needs_id
    where ${isOneOf(tx.dialect, 'n.task_id', ids)} order by n.task_id, n.needs_id`.execute(tx);
  return rows;
}

export interface NeededRow extends NeedRow {
  /** Null: there is no such task. */
  status: TaskRow['status'] | null;
}

export async function readAnswers(
  tx: TaskTransaction,
  keys: readonly Pick<AnswerRow, 'principal' | 'key'>[],
): Promise<readonly AnswerRow[]> {
  const wanted = jsonRows(tx.dialect, 'wanted', { principal: 'text', key: 'text' }, keys);
  const { rows } = await sql<AnswerRow>`
    select a.* from tasks_answers a join ${wanted}
    on a.principal = wanted.principal and a.key = wanted.key`.execute(tx);
  return rows;
}

export async function insertAnswers(tx: TaskTransaction, rows: readonly AnswerRow[]): Promise<void> {
  await insertRows(
    tx,
    'tasks_answers',
    { principal: 'text', key: 'text', digest: 'text', answer: 'text', at_ms: 'integer' },
    rows,
  );
}

export async function readDecidingContents(
  tx: TaskTransaction,
  ids: readonly string[],
): Promise<readonly ContentRow[]> {
  return await tx
    .selectFrom('tasks_contents')
    .selectAll()
    .where(isOneOf(tx.dialect, 'task_id', ids))
    .where('part', 'in', DECIDING_PARTS)
    .execute();
}

async function insertRows(
  tx: TaskTransaction,
  table: keyof TaskTables,
  columns: JsonColumns,
  rows: readonly object[],
  conflict = sql``,
): Promise<void> {
  const names = Object.keys(columns).map((name) => sql.ref(name));
  const list = sql.join(names);
  // SQLite would take "on conflict" for a join without a "where".
  await sql`insert into ${sql.table(table)} (${list})
    select ${list} from ${jsonRows(tx.dialect, 'added', columns, rows)} where true ${conflict}`.execute(tx);
}
