// Lists of tasks, newest first, in pages. A cursor is the last id that was seen: ids grow with time.

import type { TaskStatus } from '@tutti/schemas';
import type { ReadQueries } from '../../store/database.ts';
import type { TaskTables } from './queries.ts';
import type { TaskRow } from './task-row.ts';

/** Tasks on one page, at most. */
export const MAX_PAGE_TASKS = 1_000;

export interface TaskQuery {
  readonly statuses?: readonly TaskStatus[] | undefined;
  readonly domain?: string | undefined;
  readonly agentId?: string | undefined;
  readonly parentId?: string | undefined;
  readonly deadLetter?: boolean | undefined;
  readonly limit: number;
  readonly cursor?: Cursor | undefined;
}

export interface Cursor {
  readonly createdMs: number;
  readonly id: string;
}

export async function readTaskPage(
  read: ReadQueries<TaskTables>,
  { statuses, domain, agentId, parentId, deadLetter, limit, cursor }: TaskQuery,
): Promise<readonly TaskRow[]> {
  let query = read.selectFrom('tasks_tasks').selectAll();
  if (statuses !== undefined && statuses.length > 0) query = query.where('status', 'in', statuses);
  if (domain !== undefined) query = query.where('domain', '=', domain);
  if (agentId !== undefined) query = query.where('agent_id', '=', agentId);
  if (parentId !== undefined) query = query.where('parent_id', '=', parentId);
  if (deadLetter !== undefined) query = query.where('dead_letter', '=', deadLetter ? 1 : 0);
  if (cursor !== undefined)
    query = query.where((eb) =>
      eb.or([
        eb('created_ms', '<', cursor.createdMs),
        eb.and([eb('created_ms', '=', cursor.createdMs), eb('id', '<', cursor.id)]),
      ]),
    );
  return await query.orderBy('created_ms', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

export function encodeCursor({ created_ms: createdMs, id }: TaskRow): string {
  return Buffer.from(`${createdMs} ${id}`).toString('base64url');
}

/** Undefined: not one of ours. */
export function decodeCursor(text: string): Cursor | undefined {
  const [, createdMs, id] = /^(\d{1,16}) (.+)$/s.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  return createdMs === undefined || id === undefined ? undefined : { createdMs: Number(createdMs), id };
}
