// When something has to be decided about a task: a retry's time has come, an offer was not taken up, an attempt takes too
// long, nobody answered, its deadline is over. One time per task, on the database's clock. Pure.

import { OFFER_MS } from '../claims/claim.ts';
import type { TaskRow } from './task-row.ts';

/** The next time, or null: nothing happens to it by itself. */
export function dueMs(row: TaskRow, timeoutMs: number): number | null {
  const times = [row.deadline_ms, ownDueMs(row, timeoutMs)].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

function ownDueMs(row: TaskRow, timeoutMs: number): number | null {
  switch (row.status) {
    case 'pending':
      return row.reason === 'backoff' || row.reason === 'budget' ? row.not_before_ms : null;
    case 'assigned':
      return row.wait_due_ms ?? (row.assigned_ms === null ? null : row.assigned_ms + OFFER_MS);
    case 'in_progress':
      return row.started_ms === null ? null : row.started_ms + timeoutMs;
    case 'waiting':
      return row.wait_due_ms;
    default:
      return null;
  }
}
