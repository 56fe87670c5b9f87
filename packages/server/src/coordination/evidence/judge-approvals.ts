// Whether enough others approve of work. Pure. Nobody approves of his own work; the latest word of each reviewer counts,
// and one that says no holds the work back until the same reviewer says yes.

import type { DemandedProofOf } from '@tutti/schemas';
import type { Gap } from './missing-proofs.ts';

export interface GivenApproval {
  readonly decision: 'approve' | 'reject';
  readonly comment: string;
  /** Undefined for a person. */
  readonly agentId: string | undefined;
  /** Who asked: a person, or whoever the agent belongs to. */
  readonly principal: string;
  readonly roles: readonly string[];
  readonly atMs: number;
  /** What it was given for; see KeptProofs. */
  readonly revision?: number | undefined;
}

/** Who did the work. */
export interface Worker {
  readonly agentId: string;
  readonly principal: string;
}

type Demand = DemandedProofOf<'reviewer_approval'>;

/** Undefined when enough approve. */
export function judgeApprovals(
  demand: Demand,
  approvals: readonly GivenApproval[],
  worker: Worker | undefined,
): Gap | undefined {
  const who = demand.role === undefined ? 'somebody' : `somebody with the role \`${demand.role}\``;
  const counted = countedOf(demand, approvals, worker);
  const against = counted.find(isAgainst);
  if (against !== undefined)
    return {
      why: `${nameOf(against)} rejects it${against.comment === '' ? '' : `: ${against.comment}`}`,
      next: 'do what was asked for, then have the same reviewer look again',
    };
  if (counted.length >= demand.count) return undefined;
  const own = approvals.length - counted.length;
  const besides =
    own === 0
      ? ''
      : ` (${own} more do not count: of who did the work, without the role, or said again later)`;
  return {
    why: `${counted.length} of ${demand.count} approvals are there${besides}`,
    next: `have ${who} other than who did the work approve it`,
  };
}

/** Those who say no of what there is now, and not of what was there before. */
export function isRejectedNow(
  demand: Demand,
  approvals: readonly GivenApproval[],
  worker: Worker,
  revision: number,
): boolean {
  return countedOf(demand, approvals, worker).some((one) => isAgainst(one) && one.revision === revision);
}

function isAgainst({ decision }: GivenApproval): boolean {
  return decision === 'reject';
}

/** The latest words of those who may have a say. */
function countedOf(
  demand: Demand,
  approvals: readonly GivenApproval[],
  worker: Worker | undefined,
): readonly GivenApproval[] {
  return latest(approvals).filter(
    (one) =>
      (demand.role === undefined || one.roles.includes(demand.role)) &&
      (worker === undefined || isAnother(demand, one, worker)),
  );
}

function isAnother({ separate }: Demand, { agentId, principal }: GivenApproval, worker: Worker): boolean {
  if (separate === 'principal' || agentId === undefined) return principal !== worker.principal;
  return agentId !== worker.agentId;
}

/** One per reviewer. */
function latest(approvals: readonly GivenApproval[]): readonly GivenApproval[] {
  const byReviewer = new Map<string, GivenApproval>();
  for (const one of approvals.toSorted((a, b) => a.atMs - b.atMs)) byReviewer.set(nameOf(one), one);
  return [...byReviewer.values()];
}

function nameOf({ agentId, principal }: GivenApproval): string {
  return agentId === undefined ? `\`${principal}\`` : `agent \`${agentId}\``;
}
