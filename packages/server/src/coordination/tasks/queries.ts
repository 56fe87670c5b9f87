// The SQL of tasks: what a batch of decisions reads and writes. Each statement is one for as many rows as there are.

import type { RawBuilder } from 'kysely';
import type { Transaction } from '../../store/database.ts';
import type { DialectName } from '../../store/driver.ts';
import { fixed } from '../../store/fixed.ts';
import { among, isOneOf, type JsonColumns, jsonRows, jsonValues } from '../../store/json-rows.ts';
import { insertion, update } from '../../store/json-statements.ts';
import { sql } from '../../store/kysely.ts';
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

/** What never changes of a task, or by a statement of its own. */
type Lasting =
  | 'class_id'
  | 'domain'
  | 'description'
  | 'spec'
  | 'principal'
  | 'parent_id'
  | 'workflow_id'
  | 'project_id'
  | 'goal_id'
  | 'created_ms'
  | 'deadline_ms'
  | 'priority';

/** It is not written again. */
const CHANGING = {
  id: 'text',
  rank_ms: 'integer',
  ready: 'integer',
  status: 'text',
  reason: 'text',
  message: 'text',
  agent_id: 'text',
  claim: 'integer',
  attempts: 'integer',
  progress: 'real',
  error: 'text',
  dead_letter: 'integer',
  due_ms: 'integer',
  not_before_ms: 'integer',
  assigned_ms: 'integer',
  started_ms: 'integer',
  waiting_ms: 'integer',
  wait_due_ms: 'integer',
  ended_ms: 'integer',
  version: 'integer',
} as const satisfies Record<Exclude<keyof TaskRow, Lasting>, JsonColumns[string]>;

function changing(row: TaskRow): Omit<TaskRow, Lasting> {
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
    ...rest
  } = row;
  return rest;
}

/** The tasks that there are of these, locked until the transaction ends, always in the same order. */
export async function lockTasks(tx: TaskTransaction, ids: readonly string[]): Promise<readonly TaskRow[]> {
  return (await LOCK_TASKS(tx, { ids })).rows;
}

const LOCK_TASKS = fixed<'ids', TaskRow>(
  (dialect, slot) => sql`
    select * from tasks_tasks where ${isOneOf(dialect, 'id', slot('ids'))} order by id ${forUpdate(dialect)}`,
);

function forUpdate(dialect: DialectName): RawBuilder<unknown> {
  return dialect === 'postgres' ? sql`for update` : sql``;
}

export async function insertTasks(tx: TaskTransaction, rows: readonly TaskRow[]): Promise<void> {
  await INSERT_TASKS(tx, { rows });
}

const INSERT_TASKS = insertion('tasks_tasks', TASK_COLUMNS);

export async function updateTasks(tx: TaskTransaction, rows: readonly TaskRow[]): Promise<void> {
  await UPDATE_TASKS(tx, { rows: rows.map(changing) });
}

const UPDATE_TASKS = update('tasks_tasks', 'id', CHANGING);

/** What they want of an agent, which seldom changes. */
export async function updateRequirements(tx: TaskTransaction, rows: readonly TaskRow[]): Promise<void> {
  await UPDATE_REQUIREMENTS(tx, { rows: rows.map(({ id, class_id, spec }) => ({ id, class_id, spec })) });
}

const UPDATE_REQUIREMENTS = update('tasks_tasks', 'id', { id: 'text', class_id: 'text', spec: 'text' });

/** Of these agents, and of those that have claims on these tasks; locked too. */
export async function lockLoads(
  tx: TaskTransaction,
  ids: readonly string[],
  taskIds: readonly string[],
): Promise<readonly LoadRow[]> {
  const { rows } = await (taskIds.length === 0
    ? LOCK_LOADS(tx, { ids })
    : LOCK_HELD_LOADS(tx, { ids, taskIds }));
  return rows;
}

const LOCK_LOADS = fixed<'ids', LoadRow>(
  (dialect, slot) => sql`
    select * from agents_loads where ${isOneOf(dialect, 'agent_id', slot('ids'))}
    order by agent_id ${forUpdate(dialect)}`,
);

const LOCK_HELD_LOADS = fixed<'ids' | 'taskIds', LoadRow>((dialect, slot) => {
  const holders = sql`select agent_id from tasks_tasks
    where ${isOneOf(dialect, 'id', slot('taskIds'))} and agent_id is not null and ended_ms is null`;
  const wanted = sql`${jsonValues(dialect, slot('ids'))} union ${holders}`;
  return sql`
    select * from agents_loads where agent_id ${among(dialect, wanted)}
    order by agent_id ${forUpdate(dialect)}`;
});

export async function updateLoads(tx: TaskTransaction, rows: readonly LoadRow[]): Promise<void> {
  await UPDATE_LOADS(tx, { rows });
}

const UPDATE_LOADS = update('agents_loads', 'agent_id', {
  agent_id: 'text',
  used: 'integer',
  completed: 'integer',
  failed: 'integer',
  version: 'integer',
});

export async function insertHistory(tx: TaskTransaction, rows: readonly HistoryRow[]): Promise<void> {
  await INSERT_HISTORY(tx, { rows });
}

const INSERT_HISTORY = insertion('tasks_history', {
  task_id: 'text',
  version: 'integer',
  at_ms: 'integer',
  event: 'text',
  status: 'text',
  agent_id: 'text',
  claim: 'integer',
  detail: 'text',
});

/** Each part replaces the one there was. */
export async function writeContents(tx: TaskTransaction, rows: readonly ContentRow[]): Promise<void> {
  await WRITE_CONTENTS(tx, { rows });
}

const WRITE_CONTENTS = insertion(
  'tasks_contents',
  { task_id: 'text', part: 'text', body: 'text' },
  sql`on conflict (task_id, part) do update set body = excluded.body`,
);

export async function insertNeeds(tx: TaskTransaction, rows: readonly NeedRow[]): Promise<void> {
  await INSERT_NEEDS(tx, { rows });
}

const INSERT_NEEDS = insertion('tasks_needs', { task_id: 'text', needs_id: 'text' });

export async function writeClasses(tx: TaskTransaction, rows: readonly ClassRow[]): Promise<void> {
  await WRITE_CLASSES(tx, { rows });
}

const WRITE_CLASSES = insertion(
  'tasks_classes',
  { id: 'text', domain: 'text', wanted: 'text', seen_ms: 'integer' },
  sql`on conflict (id) do nothing`,
);

/** Whoever needs one of these is looked at again; how many there are that were not to be already. */
export async function askRechecks(tx: TaskTransaction, needs: readonly string[]): Promise<number> {
  return (await ASK_RECHECKS(tx, { needs })).changes;
}

const ASK_RECHECKS = fixed<'needs', never>(
  (dialect, slot) => sql`insert into tasks_rechecks (task_id)
    select distinct task_id from tasks_needs where ${isOneOf(dialect, 'needs_id', slot('needs'))}
    order by task_id on conflict (task_id) do nothing`,
);

export async function dropRechecks(tx: TaskTransaction, ids: readonly string[]): Promise<void> {
  await DROP_RECHECKS(tx, { ids });
}

const DROP_RECHECKS = fixed<'ids', never>(
  (dialect, slot) => sql`delete from tasks_rechecks where ${isOneOf(dialect, 'task_id', slot('ids'))}`,
);

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
  await INSERT_ANSWERS(tx, { rows });
}

const INSERT_ANSWERS = insertion('tasks_answers', {
  principal: 'text',
  key: 'text',
  digest: 'text',
  answer: 'text',
  at_ms: 'integer',
});

/** All that these carry. */
export async function readCarried(
  tx: TaskTransaction,
  ids: readonly string[],
): Promise<readonly ContentRow[]> {
  return (await READ_CARRIED(tx, { ids })).rows;
}

const READ_CARRIED = fixed<'ids', ContentRow>(
  (dialect, slot) => sql`
    select task_id, part, body from tasks_contents where ${isOneOf(dialect, 'task_id', slot('ids'))}`,
);

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
