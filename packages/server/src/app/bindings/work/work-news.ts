// What of agents and tasks people are told as events: little, and what matters. That a task is submitted, assigned and done
// is in its own history.

import type { AgentRow } from '../../../coordination/agents/agent-row.ts';
import type { CoordinationEvents } from '../../../coordination/engine.ts';
import { errorOf } from '../../../coordination/tasks/task-row.ts';
import type { ProjectNews } from '../../../coordination/projects/projects.ts';
import type { Transition } from '../../../coordination/tasks/transitions.ts';
import type { EventReason } from '../../../resources/events/reasons.ts';

export interface News {
  readonly reason: EventReason;
  readonly message: string;
}

type AgentChange = Parameters<CoordinationEvents['agentChanged']>[1];

export const AGENT_NEWS: {
  readonly [What in AgentChange]: {
    readonly reason: EventReason;
    readonly message: (agent: AgentRow) => string;
  };
} = {
  registered: {
    reason: 'AgentRegistered',
    message: ({ owner, domain }) => `by ${owner}, for the domain ${domain}`,
  },
  silent: {
    reason: 'AgentUnhealthy',
    message: ({ heartbeat_ms }) =>
      `nothing was heard of it for 2 heartbeat intervals (${heartbeat_ms / 1_000} s each); its work is offered again`,
  },
  heard: {
    reason: 'AgentRecovered',
    message: ({ phase, phase_reason: why }) =>
      phase === 'Ready'
        ? 'is heard of again, and can be given work'
        : `is heard of again; it is ${phase}${why === null ? '' : ` (${why})`}, and gets nothing new`,
  },
  removed: { reason: 'AgentRemoved', message: () => 'left; its work was handed back' },
};

export function projectNews({ kind, name, status, before, by }: ProjectNews): News {
  const reasons =
    kind === 'project'
      ? (['ProjectCreated', 'ProjectStatusChanged'] as const)
      : (['GoalCreated', 'GoalStatusChanged'] as const);
  return before === undefined
    ? { reason: reasons[0], message: `"${name}" by ${by}, ${status}` }
    : { reason: reasons[1], message: `"${name}" was ${before} and is ${status}, by ${by}` };
}

/** Undefined: nothing that people are told. */
export function taskNews({ event, before, after }: Transition): News | undefined {
  switch (after.status) {
    case 'failed':
      return failure(after);
    case 'cancelled':
      return { reason: 'TaskCancelled', message: after.message ?? 'cancelled' };
    case 'waiting':
      return before?.status === 'waiting'
        ? undefined
        : { reason: 'TaskWaiting', message: after.message ?? 'waits' };
    case 'pending':
      return retry({ event, before, after });
    default:
      return undefined;
  }
}

function failure(after: Transition['after']): News {
  const error = errorOf(after);
  const message = error?.message ?? 'failed';
  const attempts = after.attempts === 0 ? '' : ` (after ${after.attempts} attempts)`;
  switch (error?.code) {
    case 'deadline_exceeded':
      return { reason: 'TaskDeadlineExceeded', message };
    case 'timeout':
      return { reason: 'TaskTimeout', message: `${message}; it has failed${attempts}` };
    default:
      return { reason: 'TaskFailed', message: `${message}${attempts}` };
  }
}

function retry({ event, before, after }: Pick<Transition, 'event' | 'before' | 'after'>): News | undefined {
  if (event === 'retry') return { reason: 'TaskRetrying', message: after.message ?? 'is done again' };
  const isFailure = event === 'fail' || (event === 'expire' && before?.status !== 'assigned');
  const error = isFailure ? errorOf(after) : undefined;
  // An offer that nobody took failed at nothing.
  if (error === undefined) return undefined;
  const reason = error.code === 'timeout' ? 'TaskTimeout' : 'TaskRetrying';
  return { reason, message: `${error.message}; attempt ${after.attempts} failed, and it is tried again` };
}
