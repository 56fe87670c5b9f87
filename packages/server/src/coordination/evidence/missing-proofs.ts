// What of the demanded proofs is missing. Pure: facts in, judgement out.

import type { ApiEvidence, DemandedProof, DemandedProofOf, Evidence } from '@tutti/schemas';
import { judgeApprovals, type GivenApproval, type Worker } from './judge-approvals.ts';
import type { CommitFact, FileFact, RunFact, Unknown } from './ports.ts';

/** What was found out about one demanded proof. */
export type CheckedProof =
  | {
      readonly kind: 'commit_reachable';
      readonly proof: string;
      readonly fact: CommitFact;
      readonly commit: string;
    }
  | { readonly kind: 'tests_exit_code'; readonly proof: string; readonly fact: RunFact }
  | {
      readonly kind: 'file_hash';
      readonly proof: string;
      readonly fact: FileFact;
      readonly claimed: string | undefined;
    }
  | {
      readonly kind: 'reviewer_approval';
      readonly proof: string;
      readonly approvals: readonly GivenApproval[];
      readonly worker: Worker;
    };

export interface Gap {
  readonly why: string;
  readonly next: string;
}

export function missingProofs(
  demanded: readonly DemandedProof[],
  checked: readonly CheckedProof[],
): ApiEvidence {
  const missing = demanded.flatMap((demand) => {
    const found = checked.find(({ proof }) => proof === demand.id);
    const gap = found === undefined ? nothingCame(demand) : judge(demand, found);
    return gap === undefined ? [] : [{ proof: demand.id, kind: demand.kind, ...gap }];
  });
  return { satisfied: missing.length === 0, missing };
}

/** Why a task waits with these missing; undefined when it does not have to. */
export function waitingReason({ missing }: ApiEvidence): 'evidence' | 'approval' | undefined {
  if (missing.length === 0) return undefined;
  return missing.every(({ kind }) => kind === 'reviewer_approval') ? 'approval' : 'evidence';
}

/** Evidence that no proof of the task asks for: most likely a wrong id. */
export function strayEvidence(
  demanded: readonly DemandedProof[],
  evidence: readonly Evidence[],
): readonly Evidence[] {
  return evidence.filter(({ proof, kind }) => !demanded.some((one) => one.id === proof && one.kind === kind));
}

function judge(demand: DemandedProof, found: CheckedProof): Gap | undefined {
  switch (demand.kind) {
    case 'commit_reachable':
      return found.kind === demand.kind ? judgeCommit(demand, found.fact, found.commit) : nothingCame(demand);
    case 'tests_exit_code':
      return found.kind === demand.kind ? judgeTests(demand, found.fact) : nothingCame(demand);
    case 'file_hash':
      return found.kind === demand.kind ? judgeFile(demand, found.fact, found.claimed) : nothingCame(demand);
    case 'reviewer_approval':
      return found.kind === demand.kind
        ? judgeApprovals(demand, found.approvals, found.worker)
        : nothingCame(demand);
  }
}

function nothingCame(demand: DemandedProof): Gap {
  switch (demand.kind) {
    case 'commit_reachable':
      return {
        why: 'no commit was named',
        next: `commit the work, bring it to \`${demand.ref}\`, and submit the commit as evidence for \`${demand.id}\``,
      };
    case 'tests_exit_code':
      return {
        why: 'nobody said how the tests ended',
        next: `run \`${demand.command}\`, and submit its exit code as evidence for \`${demand.id}\``,
      };
    case 'file_hash':
      return {
        why: `nothing was said of \`${demand.path}\``,
        next: `write the file, and submit its SHA-256 as evidence for \`${demand.id}\``,
      };
    case 'reviewer_approval':
      return judgeApprovals(demand, [], undefined) ?? { why: '', next: '' };
  }
}

function judgeCommit(
  { path, ref }: DemandedProofOf<'commit_reachable'>,
  fact: CommitFact,
  commit: string,
): Gap | undefined {
  switch (fact.kind) {
    case 'reachable':
      return undefined;
    case 'unknown':
      return gapOf(fact);
    case 'unreachable':
      return {
        why: `${commit.slice(0, 12)} is there, but not reachable from \`${ref}\``,
        next: `merge or push it to \`${ref}\`, then submit again`,
      };
    case 'absent': {
      if (fact.what === 'commit')
        return {
          why: `there is no commit ${commit.slice(0, 12)} in \`${path}\``,
          next: 'submit all digits of a commit of this repository',
        };
      const what = fact.what === 'ref' ? `\`${ref}\` in \`${path}\`` : `repository at \`${path}\``;
      return { why: `there is no ${what}`, next: `create it, then submit again` };
    }
  }
}

function judgeTests(
  { command, exit_code: expected }: DemandedProofOf<'tests_exit_code'>,
  fact: RunFact,
): Gap | undefined {
  switch (fact.kind) {
    case 'unknown':
      return gapOf(fact);
    case 'timed_out':
      return {
        why: `\`${command}\` did not end within ${fact.timeoutMs / 1_000} s`,
        next: 'make it faster, or have its timeout raised in the configuration',
      };
    case 'ended':
      if (fact.exitCode === expected) return undefined;
      return {
        why: `\`${command}\` ended with ${fact.exitCode} instead of ${expected}${fact.how === '' ? '' : `: ${fact.how}`}`,
        next: 'mend what the tests found, then submit again',
      };
  }
}

function judgeFile(
  { path, sha256: demanded }: DemandedProofOf<'file_hash'>,
  fact: FileFact,
  claimed: string | undefined,
): Gap | undefined {
  if (fact.kind === 'unknown') return gapOf(fact);
  if (fact.kind === 'absent')
    return { why: `there is no file \`${path}\``, next: 'write it, then submit again' };
  const expected = demanded ?? claimed;
  if (fact.sha256 === expected) return undefined;
  const whose = demanded === undefined ? 'was claimed' : 'is demanded';
  return {
    why: `\`${path}\` has the SHA-256 ${fact.sha256.slice(0, 12)}…, and ${(expected ?? '').slice(0, 12)}… ${whose}`,
    next:
      demanded === undefined
        ? 'submit the hash of the file as it is now'
        : 'write the content that is demanded, then submit again',
  };
}

function gapOf({ why, next }: Unknown): Gap {
  return { why, next };
}
