// What happens to a task, as pure functions of the task, the time and what was said: each gives the task as it is after,
// and what its history remembers. They change nothing themselves.

import type { TaskError, TaskReason, TaskStatus, Usage } from '@tutti/schemas';
import { retryDelayMs } from '../claims/retry.ts';
import { AppError } from '../../kernel/errors.ts';
import { dueMs } from './due.ts';
import type { TaskClass } from '../scheduling/requirements.ts';
import { isHeld, isUnderReview, mayBecome, type TaskEvent } from './task-machine.ts';
import { specOf, type TaskRow, type TaskSpec } from './task-row.ts';

/** A line of the history of a task. */
export interface Transition {
  readonly event: TaskEvent | 'submit';
  readonly before: TaskRow | undefined;
  readonly after: TaskRow;
  readonly detail: Readonly<Record<string, unknown>>;
  /** What the attempt that it ends used, as its agent says. */
  readonly usage?: Usage | undefined;
}

type Changes = Partial<Omit<TaskRow, 'id' | 'version' | 'due_ms' | 'ready'>>;

/** Why a task is not given out, in the order in which it is told. */
export interface Obstacle {
  readonly reason: Exclude<TaskReason, 'ready'>;
  readonly message: string;
  readonly notBeforeMs?: number;
}

/** How far the attempt came stays: the next holder goes on from there. */
const UNHELD = {
  assigned_ms: null,
  started_ms: null,
  waiting_ms: null,
  wait_due_ms: null,
} as const;

export function assigned(row: TaskRow, agentId: string, nowMs: number, why: object): Transition {
  return step(
    row,
    'assign',
    'assigned',
    {
      agent_id: agentId,
      claim: row.claim + 1,
      assigned_ms: nowMs,
      reason: null,
      message: null,
      not_before_ms: null,
    },
    { ...why },
  );
}

/** The offer stands until then. */
export function acknowledged(row: TaskRow, untilMs: number): Transition {
  return step(row, 'acknowledge', 'assigned', { wait_due_ms: untilMs });
}

/** An agent has said of what it was offered that it has it. */
export function isAcknowledged({ status, wait_due_ms: dueAtMs }: TaskRow): boolean {
  return status === 'assigned' && dueAtMs !== null;
}

export function started(row: TaskRow, nowMs: number): Transition {
  return step(row, 'start', 'in_progress', begun(row, nowMs));
}

function begun(row: TaskRow, nowMs: number): Changes {
  return { started_ms: nowMs, wait_due_ms: null, attempts: row.attempts + 1 };
}

export interface Progress {
  readonly progress?: number | undefined;
  readonly message?: string | undefined;
}

export function progressed(row: TaskRow, { progress, message }: Progress, nowMs: number): Transition {
  return step(
    row,
    'progress',
    'in_progress',
    {
      ...(row.status === 'assigned' ? begun(row, nowMs) : {}),
      progress: progress ?? row.progress,
      message: message ?? row.message,
    },
    { ...(progress === undefined ? {} : { progress }), ...(message === undefined ? {} : { message }) },
  );
}

/** The attempt's own time stands still while somebody is waited for. */
export function waiting(
  row: TaskRow,
  { reason, message, dueMs: waitDueMs }: Waiting,
  nowMs: number,
): Transition {
  return step(
    row,
    'ask',
    'waiting',
    {
      attempts: attemptsBegun(row),
      started_ms: row.started_ms ?? nowMs,
      reason,
      message,
      waiting_ms: nowMs,
      wait_due_ms: waitDueMs,
    },
    { message },
  );
}

export interface Waiting {
  readonly reason: 'input';
  readonly message: string;
  /** When it has waited long enough. */
  readonly dueMs: number;
}

export function resumed(row: TaskRow, by: string, nowMs: number): Transition {
  const waitedMs = nowMs - (row.waiting_ms ?? nowMs);
  return step(
    row,
    'answer',
    'in_progress',
    {
      reason: null,
      message: null,
      started_ms: (row.started_ms ?? nowMs) + waitedMs,
      waiting_ms: null,
      wait_due_ms: null,
    },
    { by },
  );
}

/** It is done as its holder says, but not proven. While something is missing that the holder has to bring, its attempt has
 *  its time once more, and again with all that it brings; while others have to approve it has none, and it is not counted. */
export function unproven(
  row: TaskRow,
  event: 'complete' | 'prove',
  { reason, message, isNews }: Unproven,
  nowMs: number,
): Transition {
  const startedMs = row.started_ms ?? nowMs;
  const wasReviewed = isUnderReview(row);
  const changes =
    reason === 'approval'
      ? { waiting_ms: wasReviewed ? row.waiting_ms : nowMs, wait_due_ms: null, started_ms: startedMs }
      : {
          waiting_ms: nowMs,
          wait_due_ms:
            isNews || wasReviewed || row.wait_due_ms === null
              ? nowMs + specOf(row).timeoutMs
              : row.wait_due_ms,
          started_ms: wasReviewed ? startedMs + (nowMs - (row.waiting_ms ?? nowMs)) : startedMs,
        };
  return step(
    row,
    event,
    'waiting',
    { attempts: attemptsBegun(row), reason, message, ...changes },
    { message },
  );
}

export interface Unproven {
  readonly reason: 'evidence' | 'approval';
  readonly message: string;
  /** The holder said something of it. */
  readonly isNews: boolean;
}

export function completed(row: TaskRow, nowMs: number, event: 'complete' | 'prove' = 'complete'): Transition {
  return step(row, event, 'completed', {
    ...ended(nowMs),
    attempts: attemptsBegun(row),
    progress: 1,
    error: null,
    message: null,
  });
}

/** An attempt that failed: the next one after a while, or the end. */
export function failed(
  row: TaskRow,
  event: 'fail' | 'expire',
  { code, message, retryable }: TaskError & { readonly retryable: boolean },
  nowMs: number,
): Transition {
  const spec = specOf(row);
  const attempts = attemptsBegun(row);
  const error = JSON.stringify({ code, message } satisfies TaskError);
  const detail = { code, message };
  const isLast = attempts > spec.maxRetries;
  if (!retryable || isLast)
    return step(
      row,
      event,
      'failed',
      { ...ended(nowMs), attempts, error, message, dead_letter: retryable ? 1 : 0 },
      detail,
    );
  const notBeforeMs = event === 'expire' ? nowMs : nowMs + retryDelayMs(spec, attempts);
  return step(
    row,
    event,
    'pending',
    { ...UNHELD, attempts, error, ...backoff(notBeforeMs, nowMs, message), message },
    detail,
  );
}

/** The holder gives it back, or never began: nobody is to blame, so that it is offered again at once. */
export function released(row: TaskRow, event: 'release' | 'expire', message: string): Transition {
  return step(row, event, 'pending', { ...UNHELD, reason: 'ready', message }, { message });
}

/** What keeps a pending task from being given out; undefined: nothing any more. */
export function rechecked(row: TaskRow, obstacle: Obstacle | undefined): Transition {
  return step(
    row,
    'recheck',
    'pending',
    obstacle === undefined
      ? { reason: 'ready', message: null, not_before_ms: null }
      : {
          reason: obstacle.reason,
          message: obstacle.message,
          not_before_ms: obstacle.notBeforeMs ?? null,
        },
    { reason: obstacle?.reason ?? 'ready' },
  );
}

export function givenUp(row: TaskRow, error: TaskError, nowMs: number): Transition {
  return step(
    row,
    'give_up',
    'failed',
    { ...ended(nowMs), error: JSON.stringify(error), message: error.message },
    { ...error },
  );
}

export function cancelled(row: TaskRow, by: string, reason: string | undefined, nowMs: number): Transition {
  const message = reason === undefined ? `cancelled by ${by}` : `cancelled by ${by}: ${reason}`;
  return step(row, 'cancel', 'cancelled', { ...ended(nowMs), message }, { by, message });
}

/** Only this agent may do it from now on. Whoever had it has it no more; what it left stays. */
export function reassigned(row: TaskRow, { id: class_id, target }: TaskClass, by: string): Transition {
  const spec = JSON.stringify({ ...specOf(row), target } satisfies TaskSpec);
  const message = `given to ${target ?? 'whoever suits'} by ${by}`;
  const held = isHeld(row.status) ? ({ ...UNHELD, reason: 'ready', not_before_ms: null } as const) : {};
  return step(row, 'reassign', 'pending', { ...held, class_id, spec, message }, { by, message });
}

/** From the beginning, with all its attempts. */
export function retried(row: TaskRow, by: string, waitsFor: string | undefined): Transition {
  return step(
    row,
    'retry',
    'pending',
    {
      ...UNHELD,
      ended_ms: null,
      progress: null,
      attempts: 0,
      error: null,
      dead_letter: 0,
      agent_id: null,
      reason: waitsFor === undefined ? 'ready' : 'dependencies',
      message: waitsFor ?? `done again at the wish of ${by}`,
    },
    { by },
  );
}

function ended(nowMs: number): Changes {
  return { ended_ms: nowMs, reason: null, wait_due_ms: null, not_before_ms: null };
}

function backoff(notBeforeMs: number, nowMs: number, message: string): Changes {
  return notBeforeMs > nowMs
    ? { reason: 'backoff', not_before_ms: notBeforeMs, message }
    : { reason: 'ready', not_before_ms: null, message };
}

/** An agent that ends a task without having said that it began did begin. */
function attemptsBegun({ status, attempts }: TaskRow): number {
  return status === 'assigned' ? attempts + 1 : attempts;
}

function step(
  before: TaskRow,
  event: TaskEvent,
  status: TaskStatus,
  changes: Changes,
  detail: Transition['detail'] = {},
): Transition {
  if (!mayBecome(before.status, event, status))
    throw new AppError(
      'conflict',
      `The task ${before.id} is ${before.status}; it can't become ${status} by "${event}". Nothing was changed.`,
      { details: { kind: 'wrong_state', status: before.status } },
    );
  const changed: TaskRow = { ...before, ...changes, status, version: before.version + 1 };
  const ready = status === 'pending' && changed.reason === 'ready' ? 1 : 0;
  return {
    event,
    before,
    after: { ...changed, ready, due_ms: dueMs(changed, specOf(changed).timeoutMs) },
    detail,
  };
}
