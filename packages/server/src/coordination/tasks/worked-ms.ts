// How long an agent worked on an attempt. Pure.

import type { TaskRow } from './task-row.ts';

/** Until now, or until it began to wait for others: for an answer, or an approval. What earlier waiting took was taken off
 *  when it was over. */
export function workedMs(
  {
    status,
    reason,
    started_ms,
    assigned_ms,
    waiting_ms,
  }: Pick<TaskRow, 'status' | 'reason' | 'started_ms' | 'assigned_ms' | 'waiting_ms'>,
  nowMs: number,
): number {
  const waitsForOthers = status === 'waiting' && reason !== 'evidence';
  const untilMs = waitsForOthers ? (waiting_ms ?? nowMs) : nowMs;
  return Math.max(0, untilMs - (started_ms ?? assigned_ms ?? untilMs));
}
