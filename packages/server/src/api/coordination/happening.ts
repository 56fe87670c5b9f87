// A line of the history of a task as callers see it.

import { TASK_STATUSES, type TaskHappening } from '@tutti/schemas';
import { z } from 'zod';
import type { HistoryRow } from '../../coordination/tasks/queries.ts';

const DetailSchema = z.record(z.string(), z.json());

export function happeningOf(row: HistoryRow): TaskHappening {
  const detail = DetailSchema.safeParse(JSON.parse(row.detail)).data ?? {};
  return {
    at: new Date(row.at_ms).toISOString(),
    event: row.event,
    status: z.enum(TASK_STATUSES).parse(row.status),
    agent_id: row.agent_id ?? undefined,
    claim: row.claim,
    detail: Object.keys(detail).length === 0 ? undefined : detail,
  };
}
