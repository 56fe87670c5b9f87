// What the holder of a task says of it, as intents. Each is refused without the number of the claim that is in force.

import type { Evidence, TaskQuestion, Usage } from '@tutti/schemas';
import type { ClaimProof } from '../claims/claim.ts';
import { judgeClaim, MAX_UNBEGUN_MS } from '../claims/claim.ts';
import { AppError } from '../../kernel/errors.ts';
import { type Book, type Decision, type Intent, type Once, transition } from './book.ts';
import { checkedContent, contentChange } from './content.ts';
import { asked } from './questions.ts';
import { decideProofs, type GatheredFacts, requireWaitsForProofs } from './proofs.ts';
import { specOf, type TaskRow } from './task-row.ts';
import {
  acknowledged,
  completed,
  failed,
  type Progress,
  progressed,
  released,
  started,
  waiting,
} from './transitions.ts';

export interface Report extends ClaimProof {
  readonly taskId: string;
  readonly once?: Once | undefined;
}

/** Saying it again changes nothing. */
export function startReport(report: Report): Intent {
  return reportIntent(report, (task, { nowMs }) =>
    task.status === 'assigned' ? transition(started(task, nowMs)) : { task, changes: [] },
  );
}

export interface Acknowledgement extends Report {
  /** How long it need not say so again. */
  readonly forMs: number;
}

/** It has what it was offered. What is begun, or holds for a while yet, is not changed. */
export function acknowledgement({ forMs: askedMs, ...report }: Acknowledgement): Intent {
  const forMs = Math.min(askedMs, MAX_UNBEGUN_MS);
  return reportIntent(report, (task, { nowMs }) => {
    const untilMs = Math.min(nowMs + forMs, (task.assigned_ms ?? nowMs) + MAX_UNBEGUN_MS);
    const isWorthIt = task.wait_due_ms === null || untilMs - task.wait_due_ms > forMs / 2;
    return task.status === 'assigned' && isWorthIt
      ? transition(acknowledged(task, untilMs))
      : { task, changes: [] };
  });
}

export interface ProgressReport extends Report, Progress {
  readonly partialResult?: unknown;
}

export function progressReport(report: ProgressReport): Intent {
  const partial = checkedContent('partial_result', report.partialResult);
  return reportIntent(report, (task, { nowMs }) => {
    const { task: after, changes } = transition(progressed(task, report, nowMs));
    return { task: after, changes: [...changes, ...contentChange(task.id, 'partial', partial)] };
  });
}

export interface CompletionReport extends Report {
  readonly result?: unknown;
  readonly evidence?: readonly Evidence[] | undefined;
  readonly usage?: Usage | undefined;
}

/** Without the facts it is refused where the task demands proofs; they are gathered then, and it is asked again. */
export function completionReport(report: CompletionReport, facts?: GatheredFacts): Intent {
  const result = checkedContent('result', report.result);
  const intent = reportIntent(report, (task, book) => {
    const demanded = specOf(task).evidence ?? [];
    const { task: after, changes } =
      demanded.length === 0 && (report.evidence ?? []).length === 0
        ? transition({ ...completed(task, book.nowMs), usage: report.usage })
        : decideProofs({
            task,
            book,
            event: 'complete',
            demanded,
            facts,
            evidence: report.evidence ?? [],
            usage: report.usage,
          });
    return { task: after, changes: [...changes, ...contentChange(task.id, 'result', result)] };
  });
  return facts === undefined ? intent : { ...intent, contentsOf: [report.taskId] };
}

export interface ProofReport extends Report {
  readonly evidence: readonly Evidence[];
}

/** The holder of a task that waits for proofs brings more. */
export function proofReport(report: ProofReport, facts?: GatheredFacts): Intent {
  const intent = reportIntent(report, (task, book) => {
    requireWaitsForProofs(task);
    const demanded = specOf(task).evidence ?? [];
    return decideProofs({ task, book, event: 'prove', demanded, facts, evidence: report.evidence });
  });
  return { ...intent, contentsOf: [report.taskId] };
}

export interface FailureReport extends Report {
  readonly error: string;
  readonly retryable: boolean;
  readonly usage?: Usage | undefined;
  readonly partialResult?: unknown;
}

export function failureReport(report: FailureReport): Intent {
  const partial = checkedContent('partial_result', report.partialResult);
  const { error: message, retryable } = report;
  return reportIntent(report, (task, { nowMs }) => {
    const failure = { code: 'agent_failed', message, retryable };
    const { task: after, changes } = transition({
      ...failed(task, 'fail', failure, nowMs),
      usage: report.usage,
    });
    return { task: after, changes: [...changes, ...contentChange(task.id, 'partial', partial)] };
  });
}

export interface ReleaseReport extends Report {
  readonly reason: string;
  readonly partialResult?: unknown;
}

export function releaseReport(report: ReleaseReport): Intent {
  const partial = checkedContent('partial_result', report.partialResult);
  const message = `given back by ${report.agentId}${report.reason === '' ? '' : `: ${report.reason}`}`;
  return reportIntent(report, (task) => {
    const { task: after, changes } = transition(released(task, 'release', message));
    return { task: after, changes: [...changes, ...contentChange(task.id, 'partial', partial)] };
  });
}

export interface QuestionReport extends Report {
  readonly question: TaskQuestion;
}

/** The agent asks a person, and waits. */
export function questionReport({ question, ...report }: QuestionReport): Intent {
  return reportIntent(report, (task, { nowMs }) => {
    const put = asked(`${task.id}/${task.version}`, question, nowMs);
    const message = `asks: ${put.prompt}`;
    const { task: after, changes } = transition(
      waiting(task, { reason: 'input', message, dueMs: put.due_ms }, nowMs),
    );
    return { task: after, changes: [...changes, ...contentChange(task.id, 'question', JSON.stringify(put))] };
  });
}

/** An intent of the holder: `decide` is asked only where the claim is in force. */
function reportIntent(report: Report, decide: (task: TaskRow, book: Book) => Decision): Intent {
  return {
    tasks: [report.taskId],
    holders: [report.agentId],
    once: report.once,
    decide(book) {
      const task = requireTask(book, report.taskId);
      const verdict = judgeClaim(task, report);
      if (verdict.kind === 'in_force') return decide(task, book);
      throw new AppError('conflict', verdict.message, {
        details: { kind: verdict.kind, status: task.status },
      });
    },
  };
}

export function requireTask(book: Book, id: string): TaskRow {
  const task = book.task(id);
  if (task === undefined) throw unknownTask(id);
  return task;
}

export function unknownTask(id: string): AppError {
  return new AppError('not_found', `There is no task ${id}; \`tutti get tasks\` lists those there are.`);
}
