// The SQL that deletes what is over.

import { isOneOf } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import { keepCounts, type PastTables } from '../projects/progress-queries.ts';
import type { TaskTransaction } from './queries.ts';

const PARTS = ['tasks_contents', 'tasks_history', 'tasks_needs', 'tasks_rechecks'] as const;

/** With all that belongs to them; how many tasks there were. Those that an open task needs stay. */
export async function deleteTasksEndedBefore(
  tx: TaskTransaction,
  beforeMs: number,
  limit: number,
): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select id from tasks_tasks where ended_ms is not null and ended_ms < ${beforeMs} and not exists (
      select 1 from tasks_needs n join tasks_tasks t on t.id = n.task_id
      where n.needs_id = tasks_tasks.id and t.ended_ms is null
    ) order by ended_ms limit ${limit}`.execute(tx);
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  await keepCounts(tx.over<PastTables>(), ids);
  for (const table of PARTS)
    await tx
      .deleteFrom(table)
      .where(isOneOf(tx.dialect, 'task_id', ids))
      .execute();
  await tx
    .deleteFrom('tasks_tasks')
    .where(isOneOf(tx.dialect, 'id', ids))
    .execute();
  return rows.length;
}

export async function deleteAnswersBefore(
  tx: TaskTransaction,
  beforeMs: number,
  limit: number,
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from tasks_answers where (principal, key) in (
      select principal, key from tasks_answers where at_ms < ${beforeMs} order by at_ms limit ${limit}
    )`.execute(tx);
  return Number(numAffectedRows);
}
