// Checks a plan as data, before any of its tasks exists. Pure: the same plan, agents and limits give the same answer.
// Whatever is wrong is a finding with a stable code, its place and what to do; a plan is taken whole or not at all.

import { explainIssues, type Plan, type PlanFinding, PlanSchema } from '@tutti/schemas';
import { formatFieldPath } from '../../resources/problem.ts';
import { checkBudgets, type PlanBudget } from './check-budgets.ts';
import { type CapableAgent, checkCapabilities } from './check-capabilities.ts';
import { checkWriteSets } from './check-write-sets.ts';
import { analyseDependencies, type Dependencies } from './dependencies.ts';
import { createFindings, type Findings } from './findings.ts';

export interface PlanRules {
  /** Who could do the tasks; undefined: nobody is asked. */
  readonly agents?: readonly CapableAgent[] | undefined;
  /** What the plan as a whole may use: each of them holds. */
  readonly budgets?: readonly PlanBudget[] | undefined;
  /** Default: MAX_CHAIN. */
  readonly maxChain?: number | undefined;
}

export type CheckedPlan =
  | {
      readonly kind: 'valid';
      readonly plan: Plan;
      /** Tasks of the longest chain. */
      readonly chain: number;
    }
  | {
      readonly kind: 'invalid';
      readonly findings: readonly PlanFinding[];
      /** Findings beyond MAX_FINDINGS. */
      readonly more: number;
    };

/** Tasks that may have to wait for each other in one chain. */
export const MAX_CHAIN = 50;

export function validatePlan(input: unknown, rules: PlanRules = {}): CheckedPlan {
  const findings = createFindings();
  const parsed = PlanSchema.safeParse(input);
  if (!parsed.success) {
    for (const { path, message } of explainIssues(parsed.error, input, PlanSchema))
      findings.add('invalid', formatFieldPath(path), message);
    return { kind: 'invalid', ...findings.end() };
  }
  const plan = parsed.data;
  const dependencies = checkDependencies(plan, rules.maxChain ?? MAX_CHAIN, findings);
  // What may run at once is not known as long as ids and dependencies are wrong.
  if (findings.isEmpty) checkWriteSets(plan, dependencies, findings);
  if (rules.agents !== undefined) checkCapabilities(plan, rules.agents, findings);
  if (rules.budgets !== undefined) checkBudgets(plan, rules.budgets, findings);
  if (!findings.isEmpty) return { kind: 'invalid', ...findings.end() };
  return { kind: 'valid', plan, chain: dependencies.longestChain.length };
}

function checkDependencies({ tasks }: Plan, maxChain: number, findings: Findings): Dependencies {
  const places = new Map<string, number>();
  for (const [index, { id }] of tasks.entries()) {
    const earlier = places.get(id);
    if (earlier === undefined) places.set(id, index);
    else
      findings.add(
        'duplicate_id',
        `tasks[${index}].id`,
        `\`${id}\` is the id of tasks[${earlier}] already; give each task an id of its own`,
      );
  }
  const before = tasks.map(({ depends_on: needed }, index) =>
    [...new Set(needed)].flatMap((id) => {
      const place = places.get(id);
      if (place !== undefined) return [place];
      findings.add(
        'unknown_dependency',
        `tasks[${index}].depends_on[${needed.indexOf(id)}]`,
        `there is no task \`${id}\` in the plan; add it, or remove it here`,
      );
      return [];
    }),
  );
  const idOf = (place: number): string => tasks[place]?.id ?? '';
  const dependencies = analyseDependencies(before);
  for (const cycle of dependencies.cycles) {
    const [first = 0] = cycle;
    const round = [...cycle, first].map((place) => `\`${idOf(place)}\``).join(' needs ');
    findings.add(
      'cycle',
      `tasks[${first}].depends_on`,
      `none of these could ever begin: ${round}; remove one of the dependencies`,
    );
  }
  const { longestChain: chain } = dependencies;
  if (chain.length > maxChain) {
    const [last = 0] = chain.slice(-1);
    findings.add(
      'too_deep',
      `tasks[${last}].depends_on`,
      `${chain.length} tasks from \`${idOf(chain[0] ?? 0)}\` to \`${idOf(last)}\` have to wait for each other, and ${maxChain} may; merge some of them`,
    );
  }
  return dependencies;
}
