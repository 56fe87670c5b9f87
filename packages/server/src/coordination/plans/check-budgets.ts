// Whether a plan as a whole keeps to what is left of budgets. It reserves nothing: that is done task by task, when they
// are handed out. Pure.

import { BUDGET_UNITS, type BudgetAmounts, type BudgetUnit, type Plan } from '@tutti/schemas';
import type { Findings } from './findings.ts';

export interface PlanBudget {
  /** For people: whose it is. */
  readonly of: string;
  /** What is left, by unit; a unit that is missing has no limit. `depth` is the deepest level allowed. */
  readonly available: BudgetAmounts;
  /** How deep the tasks of the plan would be: 0 for those that nothing made. */
  readonly depth: number;
}

export function checkBudgets(plan: Plan, budgets: readonly PlanBudget[], findings: Findings): void {
  const unsaid = new Set<string>();
  for (const budget of budgets)
    for (const unit of BUDGET_UNITS) {
      const limit = budget.available[unit];
      if (limit === undefined) continue;
      if (unit === 'depth') checkDepth(plan, { ...budget, limit }, findings);
      else {
        // One finding for each task and unit is enough to know what to add.
        if (unit !== 'tasks' && !unsaid.has(unit)) checkSaid(plan, unit, budget, findings);
        unsaid.add(unit);
        checkSum(plan, { unit, limit, of: budget.of }, findings);
      }
    }
}

function checkDepth(
  { tasks }: Plan,
  { of, depth, limit }: PlanBudget & { readonly limit: number },
  findings: Findings,
): void {
  const deepest = Math.max(...tasks.map(({ budget }) => depth + (budget?.depth ?? 0)));
  if (deepest > limit)
    findings.add(
      'over_budget',
      'tasks',
      `tasks would be ${deepest} levels deep, and ${limit} are allowed by ${of}; do some of the work in the task that plans`,
    );
}

function checkSaid(
  { tasks }: Plan,
  unit: BudgetUnit,
  { of }: Pick<PlanBudget, 'of'>,
  findings: Findings,
): void {
  for (const [index, { id, budget }] of tasks.entries())
    if (budget?.[unit] === undefined)
      findings.add(
        'unbudgeted',
        `tasks[${index}].budget`,
        `${unit} are limited by ${of}, and \`${id}\` does not say how many it needs; add them to its budget`,
      );
}

function checkSum(
  { tasks }: Plan,
  { unit, limit, of }: { readonly unit: BudgetUnit; readonly limit: number; readonly of: string },
  findings: Findings,
): void {
  const own = unit === 'tasks' ? tasks.length : 0;
  const sum = tasks.reduce((all, { budget }) => all + (budget?.[unit] ?? 0), own);
  if (sum > limit)
    findings.add(
      'over_budget',
      'tasks',
      `all tasks together need ${sum} ${unit}, and ${limit} are left of ${of}; ask for less, or have the limit raised`,
    );
}
