// What people and Tutti itself decide about a task, as intents.

import { AppError } from '../../kernel/errors.ts';
import { classOf } from '../scheduling/requirements.ts';
import { checkedContent, contentChange } from './content.ts';
import { isHeld, isOpen } from './task-machine.ts';
import { OFFER_MS } from '../claims/claim.ts';
import { type JudgeOptions, obstacleFor } from '../scheduling/judge.ts';
import { candidateOf } from '../agents/candidate.ts';
import type { Book, Decision, Intent, Once } from './book.ts';
import { needsObstacle } from './needs.ts';
import { requireTask, transition } from './reports.ts';
import { specOf, type TaskRow } from './task-row.ts';
import {
  assigned,
  cancelled,
  failed,
  givenUp,
  reassigned,
  rechecked,
  released,
  retried,
} from './transitions.ts';

export interface AssignmentIntent {
  readonly taskId: string;
  readonly agentId: string;
  /** Kept in the history, for `why`. */
  readonly why: object;
  readonly options: JudgeOptions;
}

/** Gives a ready task to an agent. What was true of both when it was decided is looked at again here. */
export function assignment({ taskId, agentId, why, options }: AssignmentIntent): Intent {
  return {
    tasks: [taskId],
    agents: [agentId],
    decide(book) {
      const task = requireTask(book, taskId);
      if (task.ready !== 1) throw lost(`the task ${taskId} is ${task.status} already`);
      const agent = book.agent(agentId);
      if (agent === undefined) throw lost(`there is no agent ${agentId}`);
      const { required_capabilities, requiredTags, target } = specOf(task);
      const wanted = {
        domain: task.domain,
        capabilities: required_capabilities,
        tags: requiredTags,
        target,
      };
      const obstacle = obstacleFor(wanted, candidateOf(agent, agent.load.used), options);
      if (obstacle !== undefined) throw lost(`${agentId} does not suit (${obstacle})`);
      return transition(assigned(task, agentId, book.nowMs, why));
    },
  };
}

function lost(why: string): AppError {
  return new AppError('conflict', `Not assigned: ${why}.`, { details: { kind: 'not_assigned' } });
}

export interface Command {
  readonly taskId: string;
  /** The principal. */
  readonly by: string;
  readonly once?: Once | undefined;
}

/** Cancelling what is cancelled changes nothing. */
export function cancellation({
  taskId,
  by,
  reason,
  once,
}: Command & { readonly reason?: string | undefined }): Intent {
  return {
    tasks: [taskId],
    once,
    decide(book) {
      const task = requireTask(book, taskId);
      if (task.status === 'cancelled') return { task, changes: [] };
      return transition(cancelled(task, by, reason, book.nowMs));
    },
  };
}

export function anotherTry({ taskId, by, once }: Command): Intent {
  return {
    tasks: [taskId],
    once,
    decide: (book) => transition(retried(requireTask(book, taskId), by)),
  };
}

export interface Reassignment extends Command {
  readonly agentId: string;
  /** In the place of what was handed over before. */
  readonly contextualData?: unknown;
}

/** Only this agent may do it from now on. Saying it again changes nothing but what is handed over. */
export function reassignment({ taskId, by, once, agentId, contextualData }: Reassignment): Intent {
  const context = checkedContent('contextual_data', contextualData);
  return {
    tasks: [taskId],
    once,
    decide(book) {
      const task = requireTask(book, taskId);
      const handed = contentChange(taskId, 'context', context);
      const { required_capabilities: capabilities, requiredTags: tags, target } = specOf(task);
      if (target === agentId && isOpen(task.status)) return { task, changes: handed };
      const taskClass = classOf({ domain: task.domain, capabilities, tags, target: agentId });
      const { task: after, changes } = transition(reassigned(task, taskClass, by));
      return { task: after, changes: [...changes, { kind: 'reclassed', taskId, taskClass }, ...handed] };
    },
  };
}

/** The claim of an agent that is gone. */
export function lostClaim(taskId: string, claim: number, why: string): Intent {
  return {
    tasks: [taskId],
    decide(book) {
      const task = requireTask(book, taskId);
      if (task.claim !== claim || !isHeld(task.status)) return { task, changes: [] };
      if (task.status === 'assigned') return transition(released(task, 'expire', why));
      return transition(
        failed(task, 'expire', { code: 'agent_lost', message: why, retryable: true }, book.nowMs),
      );
    },
  };
}

/** Something about the task is due. Looking too early, or twice, changes nothing. */
export function dueTask(taskId: string): Intent {
  return {
    tasks: [taskId],
    decide(book) {
      const task = requireTask(book, taskId);
      return task.due_ms === null || task.due_ms > book.nowMs ? { task, changes: [] } : decideDue(task, book);
    },
  };
}

function decideDue(task: TaskRow, { nowMs }: Book): Decision {
  if (task.deadline_ms !== null && task.deadline_ms <= nowMs)
    return transition(givenUp(task, { code: 'deadline_exceeded', message: 'its deadline is over' }, nowMs));
  switch (task.status) {
    case 'pending':
      return transition(rechecked(task, undefined));
    case 'assigned':
      return transition(
        released(task, 'expire', `${task.agent_id} did not begin within ${OFFER_MS / 1_000} s`),
      );
    case 'in_progress': {
      const message = `timed out after ${specOf(task).timeoutMs / 1_000} s`;
      return transition(failed(task, 'fail', { code: 'timeout', message, retryable: true }, nowMs));
    }
    case 'waiting':
      return transition(
        failed(
          task,
          'fail',
          { code: 'no_answer', message: 'nobody answered in time', retryable: true },
          nowMs,
        ),
      );
    default:
      return { task, changes: [] };
  }
}

/** A task that it needs has ended. */
export function needsRecheck(taskId: string): Intent {
  return {
    tasks: [taskId],
    needsOf: [taskId],
    decide(book) {
      const task = requireTask(book, taskId);
      const seen = { kind: 'rechecked', taskId } as const;
      if (task.status !== 'pending' || task.reason !== 'dependencies') return { task, changes: [seen] };
      const obstacle = needsObstacle(book.needs(taskId), specOf(task).on_dependency_failure);
      if (obstacle?.kind === 'later') return { task, changes: [seen] };
      const { task: after, changes } =
        obstacle === undefined
          ? transition(rechecked(task, undefined))
          : transition(givenUp(task, { code: 'dependency_failed', message: obstacle.message }, book.nowMs));
      return { task: after, changes: [...changes, seen] };
    },
  };
}

/** For a task that is not to wait for an agent that could do it. */
export function unsatisfiableTask(taskId: string, message: string): Intent {
  return {
    tasks: [taskId],
    decide(book) {
      const task = requireTask(book, taskId);
      if (task.ready !== 1) return { task, changes: [] };
      return transition(givenUp(task, { code: 'unsatisfiable', message }, book.nowMs));
    },
  };
}
