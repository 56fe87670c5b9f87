// The SQL that counts the tasks of projects and goals: those that are kept, and those that were.

import { isOneOf } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import type { ReadQueries, Transaction } from '../../store/database.ts';
import type { DialectName } from '../../store/driver.ts';
import type { TaskTables } from '../tasks/queries.ts';
import type { TaskRow } from '../tasks/task-row.ts';

/** What tasks count for, and the column of a task that says so. */
export const COUNTED = { project: 'project_id', goal: 'goal_id' } as const;
export type Counted = keyof typeof COUNTED;

export interface TaskCountRow {
  id: string;
  status: TaskRow['status'];
  tasks: number;
}

export interface PastTables extends TaskTables {
  projects_past: TaskCountRow & { kind: Counted };
}

/** How many tasks of each status these have, whether they are kept or not. */
export async function countTasksOf(
  { read, dialect }: { readonly read: ReadQueries<PastTables>; readonly dialect: DialectName },
  kind: Counted,
  ids: readonly string[],
): Promise<readonly TaskCountRow[]> {
  const column = COUNTED[kind];
  const kept = read
    .selectFrom('tasks_tasks')
    .select((eb) => [eb.ref(column).$notNull().as('id'), 'status', eb.fn.countAll<number>().as('tasks')])
    .where(isOneOf(dialect, column, ids))
    .groupBy([column, 'status']);
  const past = read
    .selectFrom('projects_past')
    .select(['id', 'status', 'tasks'])
    .where('kind', '=', kind)
    .where(isOneOf(dialect, 'id', ids));
  return [...(await kept.execute()), ...(await past.execute())];
}

/** These tasks go: they are counted among those that were. */
export async function keepCounts(tx: Transaction<PastTables>, taskIds: readonly string[]): Promise<void> {
  for (const [kind, column] of Object.entries(COUNTED))
    await sql`insert into projects_past (kind, id, status, tasks)
      select ${sql.lit(kind)}, ${sql.ref(column)}, status, count(*) from tasks_tasks
      where ${isOneOf(tx.dialect, 'id', taskIds)} and ${sql.ref(column)} is not null
      group by ${sql.ref(column)}, status order by ${sql.ref(column)}, status
      on conflict (kind, id, status) do update set tasks = projects_past.tasks + excluded.tasks`.execute(tx);
}
