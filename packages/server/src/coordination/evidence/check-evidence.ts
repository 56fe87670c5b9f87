// Finds out what the demanded proofs need to be judged, and judges them. The facts are gathered first, one after the
// other; nothing here writes.

import type { ApiEvidence, DemandedProof, Evidence } from '@tutti/schemas';
import type { GivenApproval, Worker } from './judge-approvals.ts';
import { type CheckedProof, missingProofs } from './missing-proofs.ts';
import type { RunFact, Witnesses } from './ports.ts';

export interface Submission {
  readonly demanded: readonly DemandedProof[];
  readonly evidence: readonly Evidence[];
  /** By the id of the proof that they are for. */
  readonly approvals: ReadonlyMap<string, readonly GivenApproval[]>;
  readonly worker: Worker;
}

export async function checkEvidence(
  witnesses: Witnesses,
  { demanded, evidence, approvals, worker }: Submission,
  signal: AbortSignal,
): Promise<ApiEvidence> {
  const checked: CheckedProof[] = [];
  for (const demand of demanded) {
    signal.throwIfAborted();
    const found = await check(demand);
    if (found !== undefined) checked.push(found);
  }
  return missingProofs(demanded, checked);

  async function check(demand: DemandedProof): Promise<CheckedProof | undefined> {
    const { id: proof, kind } = demand;
    // The last one counts.
    const given = evidence.findLast((one) => one.proof === proof && one.kind === kind);
    switch (kind) {
      case 'commit_reachable': {
        const commit = given?.kind === kind ? given.commit : undefined;
        if (commit === undefined) return undefined;
        const { root, path, ref } = demand;
        return { kind, proof, commit, fact: await witnesses.findCommit({ root, path, ref, commit }, signal) };
      }
      case 'tests_exit_code': {
        const fact =
          demand.run_by === 'tutti' ? await witnesses.runTests(demand.command, signal) : reported(given);
        return fact === undefined ? undefined : { kind, proof, fact };
      }
      case 'file_hash': {
        const claimed = given?.kind === kind ? given.sha256 : undefined;
        if (claimed === undefined && demand.sha256 === undefined) return undefined;
        const { root, path } = demand;
        return { kind, proof, claimed, fact: await witnesses.hashFile({ root, path }, signal) };
      }
      case 'reviewer_approval':
        return { kind, proof, approvals: approvals.get(proof) ?? [], worker };
    }
  }
}

function reported(evidence: Evidence | undefined): RunFact | undefined {
  if (evidence?.kind !== 'tests_exit_code') return undefined;
  return { kind: 'ended', exitCode: evidence.exit_code, how: evidence.summary ?? '' };
}
