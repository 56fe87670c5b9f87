// A claim: an agent's lease on a task. Its number is the fence: whatever the holder says is taken only with the number that
// is in force, so that one that was taken for dead and wakes up changes nothing. Its time permits a takeover; only the
// number excludes. Pure.

import type { TaskStatus } from '@tutti/schemas';

/** How long a task may be offered to an agent that does not begin. */
export const OFFER_MS = 60_000;
/** How long an agent may say that it has a task and not begin. */
export const MAX_UNBEGUN_MS = 60 * 60_000;

export interface Claimable {
  readonly id: string;
  readonly status: TaskStatus;
  readonly agent_id: string | null;
  readonly claim: number;
  readonly message: string | null;
}

export interface ClaimProof {
  readonly agentId: string;
  readonly claim: number;
}

export type ClaimVerdict =
  | { readonly kind: 'in_force' }
  | { readonly kind: 'already_done' | 'stale_claim' | 'wrong_agent'; readonly message: string };

const HELD: readonly TaskStatus[] = ['assigned', 'in_progress', 'waiting'];

/** Whether a report with this proof counts. */
export function judgeClaim(task: Claimable, { agentId, claim }: ClaimProof): ClaimVerdict {
  const { id, status } = task;
  if (claim > task.claim)
    return { kind: 'stale_claim', message: `The task ${id} was never handed out with the claim ${claim}.` };
  if (claim < task.claim)
    return {
      kind: 'stale_claim',
      message: `The claim ${claim} on the task ${id} is over: it was handed out again with the claim ${task.claim}. Stop working on it, and take the next task.`,
    };
  if (status === 'pending')
    return {
      kind: 'stale_claim',
      message: `The claim ${claim} on the task ${id} is over${because(task)}; it is offered again. Stop working on it, and take the next task.`,
    };
  if (task.agent_id !== agentId)
    return {
      kind: 'wrong_agent',
      message: `The task ${id} is held by another agent than ${agentId}.`,
    };
  if (HELD.includes(status)) return { kind: 'in_force' };
  return {
    kind: 'already_done',
    message: `The task ${id} has ended already: ${status}${because(task)}. Nothing was changed.`,
  };
}

function because({ message }: Claimable): string {
  return message === null ? '' : ` (${message})`;
}
