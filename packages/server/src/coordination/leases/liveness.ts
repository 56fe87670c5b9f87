// Whether a lease is in force still: its agent is there, was heard of within its time, and has the task that it was for.
// Pure. What is told of agents and tasks as they end only makes this known sooner.

import type { LeaseEnd } from '@tutti/schemas';
import type { Lease } from './book.ts';

/** What the store says of a lease's agent and task. */
export interface Facts {
  readonly id: string;
  /** Null: there is no such agent. */
  readonly registered_ms: number | null;
  readonly phase: string | null;
  readonly beat_ms: number | null;
  readonly task_agent_id: string | null;
  readonly task_ended_ms: number | null;
  readonly task_assigned_ms: number | null;
}

/** When it ends if nothing is heard of its agent any more. */
export function expiresMs(
  { sinceMs, ttlMs }: Pick<Lease, 'sinceMs' | 'ttlMs'>,
  beatMs: number | null,
): number {
  return Math.max(sinceMs, beatMs ?? 0) + ttlMs;
}

/** Undefined: it is in force. */
export function endOf(
  lease: Pick<Lease, 'agentId' | 'taskId' | 'sinceMs' | 'ttlMs'>,
  facts: Omit<Facts, 'id'>,
  nowMs: number,
): { readonly end: LeaseEnd; readonly why: string } | undefined {
  const { agentId, taskId, sinceMs, ttlMs } = lease;
  // One that is registered anew is another agent of the same name.
  if (facts.registered_ms === null || facts.registered_ms > sinceMs)
    return { end: 'agent_gone', why: `${agentId} was deregistered` };
  if (facts.phase === 'Unknown')
    return { end: 'agent_silent', why: `nothing was heard of ${agentId} for 2 heartbeat intervals` };
  if (taskId !== undefined && !holdsTask(agentId, facts))
    return { end: 'task_ended', why: `${agentId} does not have the task ${taskId} any more` };
  if (expiresMs(lease, facts.beat_ms) <= nowMs)
    return { end: 'expired', why: `nothing was heard of ${agentId} for ${Math.round(ttlMs / 1_000)} s` };
  return undefined;
}

export function holdsTask(
  agentId: string,
  facts: Pick<Facts, 'task_agent_id' | 'task_ended_ms' | 'task_assigned_ms'>,
): boolean {
  return facts.task_agent_id === agentId && facts.task_ended_ms === null && facts.task_assigned_ms !== null;
}
