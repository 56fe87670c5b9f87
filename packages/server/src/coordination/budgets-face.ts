// Budgets as administrators declare them. What is declared counts from the next decision on.

import type { ApiBudget, BudgetLimits, BudgetScope } from '@tutti/schemas';
import { availableOf, type BudgetRow } from './budgets/budget.ts';
import { listBudgets, readBudgets, setLimits } from './budgets/ledger.ts';
import type { BudgetTables } from './budgets/queries.ts';
import type { Engine } from './engine.ts';
import { budgetRecheck } from './tasks/commands.ts';
import { readStarved } from './tasks/reads.ts';

/** Budgets that one list shows. */
const MAX_LISTED = 10_000;
/** Tasks that are looked at again at once; more are when their time comes. */
const MAX_RECHECKED = 500;

export interface Budgets {
  set(scope: BudgetScope, limits: BudgetLimits): Promise<readonly ApiBudget[]>;
  /** By unit; empty: nothing is limited. */
  get(scope: BudgetScope): Promise<readonly ApiBudget[]>;
  list(): Promise<readonly ApiBudget[]>;
}

export function createBudgets({ database, ledger, budgetFlag }: Engine): Budgets {
  const tables = database.over<BudgetTables>();
  const get = async (scope: BudgetScope): Promise<readonly ApiBudget[]> =>
    (await readBudgets(tables.read, scope)).map(shown);

  return {
    async set(scope, limits) {
      // Before it is there: nobody is let past it.
      budgetFlag.raise();
      await tables.transaction((tx) => setLimits(tx, scope, limits));
      const starved = await readStarved(database.read, MAX_RECHECKED);
      await Promise.all(starved.map((id) => ledger.submit(budgetRecheck(id))));
      return await get(scope);
    },
    get,
    list: async () => (await listBudgets(tables.read, MAX_LISTED)).map(shown),
  };
}

function shown(row: BudgetRow): ApiBudget {
  const { scope, unit, limit, reserved, spent, overrun } = row;
  return { scope, unit, limit, reserved, spent, overrun, available: availableOf(row) };
}
