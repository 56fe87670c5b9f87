// What people and Tutti itself decide about a task, as intents.

import { AppError } from '../../kernel/errors.ts';
import { isHeld, isUnderReview } from './task-machine.ts';
import { OFFER_MS } from '../claims/claim.ts';
import { type JudgeOptions, obstacleFor } from '../scheduling/judge.ts';
import { describeShortages } from '../budgets/budget.ts';
import { candidateOf } from '../agents/candidate.ts';
import { type Book, type Decision, type Intent, type Once, transition } from './book.ts';
import { needsObstacle } from './needs.ts';
import { requireTask } from './reports.ts';
import {
  type Answer,
  answered,
  type AskedQuestion,
  AskedQuestionSchema,
  type Response,
  unanswered,
} from './questions.ts';
import { parsed, specOf, type TaskRow } from './task-row.ts';
import { contentChange } from './content.ts';
import {
  assigned,
  cancelled,
  failed,
  givenUp,
  isAcknowledged,
  rechecked,
  released,
  resumed,
  retried,
} from './transitions.ts';

/** When a task is tried again for which a budget had nothing left. */
const BUDGET_AGAIN_MS = 30_000;

export interface AssignmentIntent {
  readonly taskId: string;
  readonly agentId: string;
  /** Kept in the history, for `why`. */
  readonly why: object;
  readonly options: JudgeOptions;
}

/** Gives a ready task to an agent, or makes it wait where a budget has no room for it. What was true of both when it was
 *  decided is looked at again here. */
export function assignment({ taskId, agentId, why, options }: AssignmentIntent): Intent {
  return {
    tasks: [taskId],
    holders: [],
    agents: [agentId],
    handsOut: [taskId],
    decide(book) {
      const task = requireTask(book, taskId);
      const obstacle = obstacleTo(task, agentId, book, options);
      if (obstacle !== undefined)
        throw new AppError('conflict', `Not assigned: ${obstacle}.`, { details: { kind: 'not_assigned' } });
      const shortages = book.budgets?.shortagesOfAttempt(task, agentId) ?? [];
      if (shortages.length > 0) {
        const message = describeShortages(shortages);
        return transition(
          rechecked(task, { reason: 'budget', message, notBeforeMs: book.nowMs + BUDGET_AGAIN_MS }),
        );
      }
      return transition(assigned(task, agentId, book.nowMs, why));
    },
  };
}

/** A submission for which an agent is there already: it has the task with the same commit, unless it is not what it was;
 *  then the task stands in line as any other. */
export function assignedAtOnce(
  submission: Intent,
  { agentId, why, options }: Omit<AssignmentIntent, 'taskId'>,
): Intent {
  return {
    ...submission,
    agents: [...(submission.agents ?? []), agentId],
    decide(book) {
      const { task, changes } = submission.decide(book);
      const isTaken = obstacleTo(task, agentId, book, options) !== undefined;
      if (isTaken || (book.budgets?.shortagesOfAttempt(task, agentId) ?? []).length > 0)
        return { task, changes };
      const { task: after, changes: more } = transition(assigned(task, agentId, book.nowMs, why));
      return { task: after, changes: [...changes, ...more] };
    },
  };
}

/** Why the agent can't have the task now; undefined: it can. */
function obstacleTo(task: TaskRow, agentId: string, book: Book, options: JudgeOptions): string | undefined {
  if (task.ready !== 1) return `the task ${task.id} is ${task.status} already`;
  const agent = book.agent(agentId);
  if (agent === undefined) return `there is no agent ${agentId}`;
  const { required_capabilities: capabilities, requiredTags: tags, target } = specOf(task);
  const wanted = { domain: task.domain, capabilities, tags, target };
  const obstacle = obstacleFor(wanted, candidateOf(agent, agent.load.used), options);
  return obstacle === undefined ? undefined : `${agentId} does not suit (${obstacle})`;
}

/** Limits may be other ones than they were. */
export function budgetRecheck(taskId: string): Intent {
  return {
    tasks: [taskId],
    decide(book) {
      const task = requireTask(book, taskId);
      if (task.status !== 'pending' || task.reason !== 'budget') return { task, changes: [] };
      return transition(rechecked(task, undefined));
    },
  };
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
    needsOf: [taskId],
    once,
    decide(book) {
      const task = requireTask(book, taskId);
      const obstacle = needsObstacle(book.needs(taskId), specOf(task).on_dependency_failure);
      if (obstacle?.kind === 'never')
        throw new AppError(
          'conflict',
          `The task ${taskId} can't be done: ${obstacle.message}; retry that first.`,
          {
            details: { kind: 'dependency_failed' },
          },
        );
      return transition(retried(task, by, obstacle?.message));
    },
  };
}

/** A person answers what the task asks. */
export function answer({ taskId, by, once, ...response }: Command & Response): Intent {
  return {
    tasks: [taskId],
    contentsOf: [taskId],
    once,
    decide(book) {
      const task = requireTask(book, taskId);
      if (task.status !== 'waiting' || task.reason !== 'input')
        throw new AppError('conflict', `The task ${taskId} asks nothing now: it is ${task.status}.`, {
          details: { kind: 'wrong_state', status: task.status },
        });
      return decideAnswer(task, answered(questionOf(book, taskId), response, by, book.nowMs));
    },
  };
}

function questionOf(book: Book, taskId: string): AskedQuestion {
  const text = book.content(taskId, 'question');
  if (text === undefined) throw new AppError('internal', `The question of the task ${taskId} is gone.`);
  return parsed(AskedQuestionSchema, text, `the question of the task ${taskId}`);
}

function decideAnswer(task: TaskRow, given: Answer): Decision {
  const { task: after, changes } = transition(resumed(task, given.by, given.at_ms));
  return { task: after, changes: [...changes, ...contentChange(task.id, 'answer', JSON.stringify(given))] };
}

/** The claim of an agent that is gone. Work that is done, and only has to be approved, is not lost with it. */
export function lostClaim(taskId: string, claim: number, why: string): Intent {
  return {
    tasks: [taskId],
    decide(book) {
      const task = requireTask(book, taskId);
      if (task.claim !== claim || !isHeld(task.status) || isUnderReview(task)) return { task, changes: [] };
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
    contentsOf: [taskId],
    decide(book) {
      const task = requireTask(book, taskId);
      return task.due_ms === null || task.due_ms > book.nowMs ? { task, changes: [] } : decideDue(task, book);
    },
  };
}

function decideDue(task: TaskRow, book: Book): Decision {
  const { nowMs } = book;
  if (task.deadline_ms !== null && task.deadline_ms <= nowMs)
    return transition(givenUp(task, { code: 'deadline_exceeded', message: 'its deadline is over' }, nowMs));
  switch (task.status) {
    case 'pending':
      return transition(rechecked(task, undefined));
    case 'assigned':
      return transition(
        released(
          task,
          'expire',
          isAcknowledged(task)
            ? `${task.agent_id} did not begin, and did not say again that it has it`
            : `${task.agent_id} did not begin within ${OFFER_MS / 1_000} s`,
        ),
      );
    case 'in_progress': {
      const message = `timed out after ${specOf(task).timeoutMs / 1_000} s`;
      return transition(failed(task, 'fail', { code: 'timeout', message, retryable: true }, nowMs));
    }
    case 'waiting': {
      const given = task.reason === 'input' ? unanswered(questionOf(book, task.id), nowMs) : undefined;
      if (given !== undefined) return decideAnswer(task, given);
      const failure =
        task.reason === 'input'
          ? { code: 'no_answer', message: 'nobody answered in time' }
          : { code: 'unproven', message: `what was missing did not come in time: ${task.message ?? ''}` };
      return transition(failed(task, 'fail', { ...failure, retryable: true }, nowMs));
    }
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

/** A submission of which is known why nobody could ever do the task: one that is not to wait for somebody fails with the
 *  same commit, so that it never lies there as if it waited. */
export function unlessUnsatisfiable(submission: Intent, why: string | undefined): Intent {
  if (why === undefined) return submission;
  return {
    ...submission,
    decide(book) {
      const { task, changes } = submission.decide(book);
      if (task.ready !== 1 || specOf(task).on_unsatisfiable === 'wait') return { task, changes };
      const failure = { code: 'unsatisfiable', message: why };
      const { task: after, changes: more } = transition(givenUp(task, failure, book.nowMs));
      return { task: after, changes: [...changes, ...more] };
    },
  };
}
