// Whether a task that demands proofs is completed, or waits for what is missing. What was found out about files, commits
// and tests comes from outside of the transaction; it counts for the attempt and the evidence that it was gathered for,
// and nothing else. Pure.

import type { Approval, DemandedProof, Evidence, Usage } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import {
  awaited,
  judgeAll,
  type KeptProofs,
  proofsOfAttempt,
  waitsForProofs,
  withEvidence,
} from '../evidence/kept-proofs.ts';
import type { Worker } from '../evidence/judge-approvals.ts';
import { strayEvidence } from '../evidence/missing-proofs.ts';
import { type Book, type Decision, type Intent, type Once, transition } from './book.ts';
import { contentChange } from './content.ts';
import { specOf, type TaskRow } from './task-row.ts';
import { completed, unproven } from './transitions.ts';

/** Reviewers whose word is kept. */
export const MAX_REVIEWERS = 100;

export interface GatheredFacts extends Pick<KeptProofs, 'claim' | 'revision' | 'facts'> {
  readonly worker: Worker;
}

interface Proving {
  readonly task: TaskRow;
  readonly book: Book;
  readonly event: 'complete' | 'prove';
  readonly demanded: readonly DemandedProof[];
  readonly evidence: readonly Evidence[];
  readonly facts: GatheredFacts | undefined;
  readonly usage?: Usage | undefined;
}

export function decideProofs({ task, book, event, demanded, evidence, facts, usage }: Proving): Decision {
  const [stray] = strayEvidence(demanded, evidence);
  if (stray !== undefined)
    throw new AppError(
      'invalid_params',
      `evidence: the task ${task.id} demands no proof \`${stray.proof}\` of the kind ${stray.kind}${demandedNames(demanded)}.`,
    );
  const kept = proofsOfAttempt(task, book.content(task.id, 'proofs'));
  if (facts?.claim !== task.claim || facts.revision !== (kept?.revision ?? 0)) throw factsNeeded(task);
  const isNew = evidence.length > 0;
  const known = {
    claim: task.claim,
    revision: facts.revision + 1,
    evidence: withEvidence(kept?.evidence ?? [], evidence),
    facts: facts.facts,
    worker: { ...facts.worker },
    usage: usage ?? kept?.usage,
    // Who approved did so of the evidence that was there; who said no is heard until he says otherwise.
    approvals: (kept?.approvals ?? []).filter(({ decision }) => !isNew || decision === 'reject'),
  };
  return judged(task, book, event, demanded, known, true);
}

export interface ApprovalIntent {
  readonly taskId: string;
  readonly approval: Approval;
  readonly principal: string;
  readonly roles: readonly string[];
  readonly once?: Once | undefined;
}

/** Somebody else says what they think of the work. */
export function approvalIntent({ taskId, approval, principal, roles, once }: ApprovalIntent): Intent {
  return {
    tasks: [taskId],
    contentsOf: [taskId],
    once,
    decide(book) {
      const task = book.task(taskId);
      if (task === undefined)
        throw new AppError(
          'not_found',
          `There is no task ${taskId}; \`tutti get tasks\` lists those there are.`,
        );
      requireWaitsForProofs(task);
      const demanded = specOf(task).evidence ?? [];
      const { proof, decision, comment, agent_id: agentId } = approval;
      if (!demanded.some((one) => one.id === proof && one.kind === 'reviewer_approval'))
        throw new AppError(
          'invalid_params',
          `proof: the task ${taskId} demands no approval \`${proof}\`${demandedNames(demanded)}.`,
        );
      if (agentId !== undefined && agentId === task.agent_id)
        throw new AppError('refused', `The agent ${agentId} did the work; somebody else has to approve it.`);
      const kept = proofsOfAttempt(task, book.content(taskId, 'proofs'));
      if (kept === undefined) throw new AppError('internal', `The proofs of the task ${taskId} are gone.`);
      const others = kept.approvals.filter(
        (one) =>
          one.proof !== proof ||
          one.agentId !== agentId ||
          (agentId === undefined && one.principal !== principal),
      );
      if (others.length >= MAX_REVIEWERS)
        throw new AppError(
          'overloaded',
          `${MAX_REVIEWERS} reviewers have spoken already; no more are heard.`,
        );
      const { revision } = kept;
      const given = {
        proof,
        decision,
        comment,
        agentId,
        principal,
        roles: [...roles],
        atMs: book.nowMs,
        revision,
      };
      return judged(task, book, 'prove', demanded, { ...kept, approvals: [...others, given] }, false);
    },
  };
}

export function requireWaitsForProofs(task: TaskRow): void {
  if (waitsForProofs(task)) return;
  throw new AppError('conflict', `The task ${task.id} waits for no proof now: it is ${task.status}.`, {
    details: { kind: 'wrong_state', status: task.status },
  });
}

/** The facts were not gathered, or for another attempt or other evidence than there is now. */
const FACTS_NEEDED = 'facts_needed';

export function areFactsNeeded(error: unknown): boolean {
  return error instanceof AppError && error.details?.['kind'] === FACTS_NEEDED;
}

function factsNeeded({ id }: TaskRow): AppError {
  return new AppError('conflict', `The proofs of the task ${id} changed meanwhile; report again.`, {
    details: { kind: FACTS_NEEDED },
  });
}

function judged(
  task: TaskRow,
  { nowMs }: Book,
  event: 'complete' | 'prove',
  demanded: readonly DemandedProof[],
  known: Omit<KeptProofs, 'judged'>,
  isNews: boolean,
): Decision {
  const found = judgeAll(demanded, known);
  const reason = awaited(demanded, found, known);
  const { task: after, changes } = transition(
    reason === undefined
      ? { ...completed(task, nowMs, event), usage: known.usage }
      : unproven(task, event, { reason, message: describe(found.missing), isNews }, nowMs),
  );
  const proofs: KeptProofs = { ...known, judged: found };
  return { task: after, changes: [...changes, ...contentChange(task.id, 'proofs', JSON.stringify(proofs))] };
}

function describe(missing: KeptProofs['judged']['missing']): string {
  return missing.map(({ proof, why, next }) => `${proof}: ${why}; ${next}`).join('. ');
}

function demandedNames(demanded: readonly DemandedProof[]): string {
  const names = demanded.map(({ id, kind }) => `\`${id}\` (${kind})`).join(', ');
  return names === '' ? '; it demands none' : `; it demands ${names}`;
}
