// Whether there are budgets at all: work without them costs nothing more. It may say yes for nothing, never no where a
// budget is in force. Where other hosts may declare some it is asked inside of the transaction that would have to keep to
// them; where nobody else writes, what was declared here is all there is.

import type { Database, Transaction } from '../../store/database.ts';
import { type BudgetTables, hasBudgets } from './queries.ts';

export interface BudgetFlag {
  /** In a transaction: what was committed before it counts. */
  isRaised(tx: Pick<Transaction<object>, 'over'>): boolean | Promise<boolean>;
  /** Before the first one is declared. It is never taken down: somebody may be declaring one. */
  raise(): void;
  /** What was declared before this process began. */
  refresh(): Promise<void>;
}

export function createBudgetFlag(database: Database<object>): BudgetFlag {
  const hasOtherHosts = database.dialect === 'postgres';
  let raised = false;

  async function look(tx: Pick<Transaction<object>, 'over'>): Promise<boolean> {
    const found = await hasBudgets(tx.over<BudgetTables>());
    if (found) raised = true;
    return raised;
  }

  return {
    isRaised: (tx) => (raised || !hasOtherHosts ? raised : look(tx)),
    raise() {
      raised = true;
    },
    async refresh() {
      if (await hasBudgets(database.over<BudgetTables>().read)) raised = true;
    },
  };
}
