// What is kept of a task's proofs while it waits for them: of one attempt, for the next one begins anew. Pure.

import {
  type ApiEvidence,
  ApiEvidenceSchema,
  type DemandedProof,
  type Evidence,
  EvidenceListSchema,
  UsageSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import { parsed, type TaskRow } from '../tasks/task-row.ts';
import { type GivenApproval, isRejectedNow, type Worker } from './judge-approvals.ts';
import { type CheckedProof, missingProofs, waitingReason } from './missing-proofs.ts';

const KeptApprovalSchema = z.object({
  proof: z.string(),
  decision: z.enum(['approve', 'reject']),
  comment: z.string(),
  agentId: z.string().optional(),
  principal: z.string(),
  roles: z.array(z.string()),
  atMs: z.number(),
  /** Of the evidence that was there. */
  revision: z.number().optional(),
});

const KeptProofsSchema = z.object({
  /** The claim of the attempt that they are of. */
  claim: z.number(),
  /** One more with each evidence that came: what was found out about an older one does not count. */
  revision: z.number(),
  evidence: EvidenceListSchema,
  /** What was found out, but for approvals. */
  facts: ApiEvidenceSchema,
  worker: z.object({ agentId: z.string(), principal: z.string() }),
  approvals: z.array(KeptApprovalSchema),
  judged: ApiEvidenceSchema,
  /** What the attempt used, as it said when it reported to be done. */
  usage: UsageSchema.optional(),
});

export type KeptApproval = z.infer<typeof KeptApprovalSchema>;
export type KeptProofs = z.infer<typeof KeptProofsSchema>;

export function keptProofs({ id }: Pick<TaskRow, 'id'>, body: string): KeptProofs {
  return parsed(KeptProofsSchema, body, `the proofs of the task ${id}`);
}

/** Of the attempt that is under way; undefined: none yet. */
export function proofsOfAttempt(task: TaskRow, body: string | undefined): KeptProofs | undefined {
  const kept = body === undefined ? undefined : keptProofs(task, body);
  return kept?.claim === task.claim ? kept : undefined;
}

export function waitsForProofs({ status, reason }: Pick<TaskRow, 'status' | 'reason'>): boolean {
  return status === 'waiting' && (reason === 'evidence' || reason === 'approval');
}

/** What others must say, judged with what was found out. */
export function judgeAll(
  demanded: readonly DemandedProof[],
  { facts, approvals, worker }: Pick<KeptProofs, 'facts' | 'approvals' | 'worker'>,
): ApiEvidence {
  const reviews = demanded.filter(({ kind }) => kind === 'reviewer_approval');
  const given = missingProofs(
    reviews,
    reviews.map(({ id }) => reviewOf(id, approvals, worker)),
  );
  const missing = demanded.flatMap(({ id }) =>
    [...facts.missing, ...given.missing].filter(({ proof }) => proof === id),
  );
  return { satisfied: missing.length === 0, missing };
}

function reviewOf(proof: string, approvals: readonly KeptApproval[], worker: Worker): CheckedProof {
  return { kind: 'reviewer_approval', proof, worker, approvals: givenFor(proof, approvals) };
}

function givenFor(proof: string, approvals: readonly KeptApproval[]): readonly GivenApproval[] {
  return approvals
    .filter((one) => one.proof === proof)
    .map(({ agentId, ...rest }): GivenApproval => ({ ...rest, agentId }));
}

/** What a task with these missing waits for; undefined when it does not have to. Where a reviewer says no of what there is,
 *  it is its agent's turn again. */
export function awaited(
  demanded: readonly DemandedProof[],
  judged: ApiEvidence,
  { approvals, worker, revision }: Pick<KeptProofs, 'approvals' | 'worker' | 'revision'>,
): 'evidence' | 'approval' | undefined {
  const reason = waitingReason(judged);
  if (reason !== 'approval') return reason;
  const isRejected = demanded.some(
    (demand) =>
      demand.kind === 'reviewer_approval' &&
      isRejectedNow(demand, givenFor(demand.id, approvals), worker, revision),
  );
  return isRejected ? 'evidence' : 'approval';
}

/** The later of one kind and proof replaces the earlier. */
export function withEvidence(kept: readonly Evidence[], added: readonly Evidence[]): Evidence[] {
  const byProof = new Map([...kept, ...added].map((one) => [`${one.kind}\n${one.proof}`, one]));
  return [...byProof.values()];
}
