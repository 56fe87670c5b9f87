// The SQL that deletes what is over.

import { fixed } from '../../store/fixed.ts';
import { isOneOf, jsonRows } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import { keepCounts, type PastTables } from '../projects/progress-queries.ts';
import type { TaskTransaction } from './queries.ts';
import type { TaskEvent } from './task-machine.ts';

/** Lines of the history of one task; the oldest go, but for the first. */
export const MAX_HISTORY_LINES = 1_000;
/** So often are they looked at: after so many changes of a task. */
export const CROWDED_EVERY = 100;
/** Of what agents say while they work, those among the last so many changes are kept. */
const KEPT_CHATTER = 100;
const CHATTER: readonly TaskEvent[] = ['progress', 'acknowledge'];

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

export interface CrowdedTask {
  readonly task_id: string;
  /** Of its newest line. */
  readonly version: number;
}

/** What these tasks have too many lines of. */
export async function thinHistory(tx: TaskTransaction, tasks: readonly CrowdedTask[]): Promise<void> {
  await THIN_HISTORY(tx, { tasks });
}

const THIN_HISTORY = fixed<'tasks', never>((dialect, slot) => {
  const crowded = jsonRows(dialect, 'crowded', { task_id: 'text', version: 'integer' }, slot('tasks'));
  const kept = MAX_HISTORY_LINES - CROWDED_EVERY;
  return sql`delete from tasks_history where (task_id, version) in (
      select h.task_id, h.version from ${crowded} join tasks_history h on h.task_id = crowded.task_id
      where (h.version <= crowded.version - ${KEPT_CHATTER} and h.event in (${sql.join(CHATTER)}))
        or (h.version > 1 and h.version <= (
          select version from tasks_history where task_id = crowded.task_id
          order by version desc limit 1 offset ${kept}
        ))
    )`;
});
