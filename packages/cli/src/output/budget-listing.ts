// The list of budgets of `tutti get`, and how their amounts read.

import { BUDGET_SCOPES, type ApiBudget, type BudgetScopeKind } from '@tutti/schemas';
import { Option } from 'commander';
import { tableLines } from './table.ts';
import type { Listing } from './listings.ts';
import { oneLine } from './printable.ts';

const AMOUNTS = ['LIMIT', 'RESERVED', 'SPENT', 'OVERRUN', 'AVAILABLE'] as const;

export const BUDGETS: Listing<ApiBudget, { readonly kind?: BudgetScopeKind }> = {
  name: 'budgets',
  alias: 'budget',
  description: 'what work may use, and how much of it is left',
  filters: () => [new Option('--kind <kind>', 'only those of this kind').choices(BUDGET_SCOPES)],
  async list(client, { signal, kind }) {
    const all = await client.budgets.list({ signal });
    return all.filter(({ scope }) => kind === undefined || scope.kind === kind);
  },
  key: ({ scope, unit }) => `${scope.kind} ${unit} ${scope.id}`,
  header: ['KIND', 'ID', 'UNIT', ...AMOUNTS],
  row: (budget) => [budget.scope.kind, oneLine(budget.scope.id, Infinity), budget.unit, ...amounts(budget)],
  empty: 'Nothing is limited. docs/guides/proofs-and-budgets.md says how budgets are set.',
};

/** Of one scope, by unit. */
export function budgetLines(budgets: readonly ApiBudget[]): string[] {
  return tableLines(
    ['UNIT', ...AMOUNTS],
    budgets.map((budget) => [budget.unit, ...amounts(budget)]),
  );
}

/** In the units of the API, so that they can be compared with what is written. */
function amounts({ limit, reserved, spent, overrun, available }: ApiBudget): string[] {
  return [limit, reserved, spent, overrun, available].map(String);
}
