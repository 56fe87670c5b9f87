// What a plan that comes now may use: what it says itself, and what is left of the budgets that its tasks would count for.

import type { BudgetAmounts, TaskSubmission } from '@tutti/schemas';
import type { Database } from '../../store/database.ts';
import { availableOf } from '../budgets/budget.ts';
import { readBudgetsOf } from '../budgets/ledger.ts';
import type { BudgetTables } from '../budgets/queries.ts';
import { scopesOfPlace } from '../budgets/scopes.ts';
import type { TaskTables } from '../tasks/queries.ts';
import { readTask } from '../tasks/reads.ts';
import { specOf } from '../tasks/task-row.ts';
import type { PlanBudget } from './check-budgets.ts';

export async function planBudgets(
  database: Database<TaskTables>,
  {
    own,
    parent_task_id: parentId,
    workflow_id: workflow,
    project_id: project,
  }: Pick<TaskSubmission, 'parent_task_id' | 'workflow_id' | 'project_id'> & {
    readonly own: BudgetAmounts | undefined;
  },
): Promise<readonly PlanBudget[]> {
  const parent = parentId === undefined ? undefined : await readTask(database.read, parentId);
  const depth = parent === undefined ? 0 : (specOf(parent).depth ?? 0) + 1;
  const given = own === undefined ? [] : [{ of: 'the budget of the plan', available: own, depth: 0 }];
  const scopes = scopesOfPlace({ task: '', workflow, project, parent: parentId }, () => parent);
  const rows = await readBudgetsOf(database.over<BudgetTables>(), scopes);
  const declared = Map.groupBy(rows, ({ scope: { kind, id } }) => `the budget of ${kind} \`${id}\``);
  return [
    ...given,
    ...declared.entries().map(([of, limits]): PlanBudget => {
      const available: BudgetAmounts = {};
      for (const row of limits) available[row.unit] = availableOf(row);
      return { of, available, depth };
    }),
  ];
}
