// Whether a run through the gateway scores all that a direct run scores. Pure.

import type { OtherAnswer } from './other-answers.ts';
import { failures, type Check, type Findings } from './suite.ts';

/** One thing that is worse through the gateway, in words. */
export interface Loss {
  readonly scenario: string;
  readonly what: string;
}

export interface Comparison {
  readonly losses: readonly Loss[];
  /** The explanations that were needed. */
  readonly used: readonly OtherAnswer[];
}

/**
 * Every scenario and every check of the direct run must be there and have the same successes or more; what is absent
 * or neutral instead may be explained.
 */
export function compare(
  direct: Findings,
  through: Findings,
  answers: readonly OtherAnswer[] = [],
): Comparison {
  const used: OtherAnswer[] = [];
  const losses = [...direct].flatMap(([scenario, checks]) => {
    const found = through.get(scenario);
    if (found === undefined) return [{ scenario, what: 'did not run' }];
    const lost = lostSuccesses(checks, found).filter(({ check }) => {
      const answer = answers.find((one) => one.scenario === scenario && one.check === check.id);
      if (answer === undefined || found.some(({ id, status }) => id === check.id && isBad(status)))
        return true;
      used.push(answer);
      return false;
    });
    return [...lost, ...newFailures(checks, found)].map(({ what }) => ({ scenario, what }));
  });
  return { losses, used };
}

interface CheckLoss {
  readonly check: Check;
  readonly what: string;
}

function lostSuccesses(direct: readonly Check[], through: readonly Check[]): readonly CheckLoss[] {
  const before = successes(direct);
  const after = successes(through);
  const keys = new Map(direct.map((check) => [keyOf(check), check]));
  return [...keys].flatMap(([key, check]) => {
    const [had, has] = [before.get(key) ?? 0, after.get(key) ?? 0];
    return has >= had ? [] : [{ check, what: `${key}: ${has} of ${had} succeeded${reason(through, key)}` }];
  });
}

/** Failures of checks that directly neither succeed nor fail. */
function newFailures(direct: readonly Check[], through: readonly Check[]): readonly CheckLoss[] {
  const judged = new Set(
    direct.filter(({ status }) => status === 'SUCCESS' || status === 'FAILURE').map(keyOf),
  );
  return failures(through)
    .filter((check) => !judged.has(keyOf(check)))
    .map((check) => ({ check, what: `${keyOf(check)} failed: ${check.errorMessage ?? ''}` }));
}

function isBad(status: Check['status']): boolean {
  return status === 'FAILURE' || status === 'WARNING';
}

/** Checks repeat within a scenario; an id with its name says which one is meant. */
function keyOf({ id, name }: Check): string {
  return `${id} ${name}`;
}

function successes(checks: readonly Check[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const check of checks) {
    if (check.status === 'SUCCESS') counts.set(keyOf(check), (counts.get(keyOf(check)) ?? 0) + 1);
  }
  return counts;
}

function reason(checks: readonly Check[], key: string): string {
  const bad = checks.find((check) => keyOf(check) === key && check.status !== 'SUCCESS');
  return bad === undefined ? '' : ` (${bad.status}: ${bad.errorMessage ?? 'no message'})`;
}
