// Whether a plan as a whole keeps to what is left of a budget. It reserves nothing: that is done task by task, when they
// are handed out. Pure.

import { BUDGET_UNITS, type BudgetAmounts, type Plan } from '@tutti/schemas';
import type { Findings } from './findings.ts';

export interface PlanBudget {
  /** What is left, by unit; a unit that is missing has no limit. `depth` is the deepest level allowed. */
  readonly available: BudgetAmounts;
  /** How deep the tasks of the plan would be: 0 for those that nothing made. */
  readonly depth: number;
}

export function checkBudgets({ tasks }: Plan, { available, depth }: PlanBudget, findings: Findings): void {
  for (const unit of BUDGET_UNITS) {
    const limit = available[unit];
    if (limit === undefined) continue;
    if (unit === 'depth') {
      const deepest = Math.max(...tasks.map(({ budget }) => depth + (budget?.depth ?? 0)));
      if (deepest > limit)
        findings.add(
          'over_budget',
          'tasks',
          `tasks would be ${deepest} levels deep, and ${limit} are allowed; do some of the work in the task that plans`,
        );
      continue;
    }
    let sum = unit === 'tasks' ? tasks.length : 0;
    for (const [index, { id, budget }] of tasks.entries()) {
      const own = budget?.[unit];
      if (own === undefined && unit !== 'tasks')
        findings.add(
          'unbudgeted',
          `tasks[${index}].budget`,
          `${unit} are limited, and \`${id}\` does not say how many it needs; add them to its budget`,
        );
      sum += own ?? 0;
    }
    if (sum > limit)
      findings.add(
        'over_budget',
        'tasks',
        `all tasks together need ${sum} ${unit}, and ${limit} are left; ask for less, or have the limit raised`,
      );
  }
}
