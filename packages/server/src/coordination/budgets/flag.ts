// Whether there are budgets at all: work without them costs nothing more. It may say yes for nothing; what other hosts
// declare it learns from their hints.

import type { ReadQueries } from '../../store/database.ts';
import { type BudgetTables, hasBudgets } from './queries.ts';

/** Where other hosts tell that they declared some. */
export const BUDGETS_TOPIC = 'coordination/budgets';

export interface BudgetFlag {
  readonly isRaised: () => boolean;
  raise(): void;
  refresh(): Promise<void>;
}

export function createBudgetFlag(read: ReadQueries<BudgetTables>): BudgetFlag {
  let raised = false;
  return {
    isRaised: () => raised,
    raise() {
      raised = true;
    },
    async refresh() {
      // It is never taken down: somebody may be declaring one.
      if (raised) return;
      const found = await hasBudgets(read);
      if (found) raised = true;
    },
  };
}
