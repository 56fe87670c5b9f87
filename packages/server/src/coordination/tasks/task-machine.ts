// The states of a task and what may lead from one to another, as data. Whatever changes a status goes through here.

import type { TaskReason, TaskStatus } from '@tutti/schemas';

export const TASK_EVENTS = [
  /** An agent gets a claim on it. */
  'assign',
  /** The agent says that it has it, and will begin. */
  'acknowledge',
  /** The agent has it and begins. */
  'start',
  'progress',
  /** The agent asks a person. */
  'ask',
  'answer',
  'complete',
  /** Proofs that were missing are there, or some of them. */
  'prove',
  /** The attempt failed: the agent says so, or its time is up. */
  'fail',
  /** The agent gives it back. */
  'release',
  /** The claim ended by itself: its holder is gone, or never began. */
  'expire',
  /** What kept it from being given out is over, or something else does now. */
  'recheck',
  /** No attempt can help any more: its deadline is over, a task that it needs failed. */
  'give_up',
  'cancel',
  /** Somebody has another agent do it. */
  'reassign',
  /** A person has it done again. */
  'retry',
] as const;

export type TaskEvent = (typeof TASK_EVENTS)[number];

export interface TaskEdge {
  readonly event: TaskEvent;
  readonly from: readonly TaskStatus[];
  readonly to: readonly TaskStatus[];
}

const HELD: readonly TaskStatus[] = ['assigned', 'in_progress', 'waiting'];
const OPEN: readonly TaskStatus[] = ['pending', ...HELD];

export const TASK_EDGES: readonly TaskEdge[] = [
  { event: 'assign', from: ['pending'], to: ['assigned'] },
  { event: 'acknowledge', from: ['assigned'], to: ['assigned'] },
  { event: 'start', from: ['assigned'], to: ['in_progress'] },
  { event: 'progress', from: ['assigned', 'in_progress'], to: ['in_progress'] },
  { event: 'ask', from: ['assigned', 'in_progress'], to: ['waiting'] },
  { event: 'answer', from: ['waiting'], to: ['in_progress'] },
  { event: 'complete', from: ['assigned', 'in_progress'], to: ['completed', 'waiting'] },
  { event: 'prove', from: ['waiting'], to: ['completed', 'waiting'] },
  { event: 'fail', from: HELD, to: ['pending', 'failed'] },
  { event: 'release', from: HELD, to: ['pending'] },
  // An offer that lapsed is no attempt that failed.
  { event: 'expire', from: ['assigned'], to: ['pending'] },
  { event: 'expire', from: ['in_progress', 'waiting'], to: ['pending', 'failed'] },
  { event: 'recheck', from: ['pending'], to: ['pending'] },
  { event: 'give_up', from: OPEN, to: ['failed'] },
  { event: 'cancel', from: OPEN, to: ['cancelled'] },
  { event: 'reassign', from: OPEN, to: ['pending'] },
  { event: 'retry', from: ['failed', 'cancelled'], to: ['pending'] },
];

export function mayBecome(from: TaskStatus, event: TaskEvent, to: TaskStatus): boolean {
  return TASK_EDGES.some((edge) => edge.event === event && edge.from.includes(from) && edge.to.includes(to));
}

/** An agent has a claim on it. */
export function isHeld(status: TaskStatus): boolean {
  return HELD.includes(status);
}

interface Standing {
  readonly status: TaskStatus;
  readonly reason: TaskReason | null;
}

/** Its agent has done what it could, and others have to say what they think of it. The claim stays in force, and asks
 *  nothing of the agent: it keeps no slot, has no time limit of its own, and outlives its agent. */
export function isUnderReview({ status, reason }: Standing): boolean {
  return status === 'waiting' && reason === 'approval';
}

/** It keeps its agent busy. */
export function takesSlot(task: Standing): boolean {
  return isHeld(task.status) && !isUnderReview(task);
}

export function isOpen(status: TaskStatus): boolean {
  return OPEN.includes(status);
}
