// Whether a run through the gateway scores all that a direct run scores. Pure.

import { failures, type Check, type Findings } from './suite.ts';

/** One thing that is worse through the gateway, in words. */
export interface Loss {
  readonly scenario: string;
  readonly what: string;
}

/** Every scenario and every check of the direct run must be there and have the same successes or more. */
export function lossesOf(direct: Findings, through: Findings): readonly Loss[] {
  return [...direct].flatMap(([scenario, checks]) => {
    const found = through.get(scenario);
    if (found === undefined) return [{ scenario, what: 'did not run' }];
    return scenarioLosses(checks, found).map((what) => ({ scenario, what }));
  });
}

function scenarioLosses(direct: readonly Check[], through: readonly Check[]): readonly string[] {
  const before = successes(direct);
  const after = successes(through);
  const lost = [...before]
    .filter(([key, count]) => (after.get(key) ?? 0) < count)
    .map(([key, count]) => `${key}: ${after.get(key) ?? 0} of ${count} succeeded${reason(through, key)}`);
  const known = new Set(failures(direct).map(keyOf));
  const gained = failures(through)
    .filter((check) => !known.has(keyOf(check)) && !before.has(keyOf(check)))
    .map((check) => `${keyOf(check)} failed: ${check.errorMessage ?? ''}`);
  return [...lost, ...gained];
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
