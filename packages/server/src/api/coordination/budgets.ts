// Budgets over HTTP: whoever may read sees them, administrators declare them.

import { ApiBudgetListSchema, BudgetLimitsSchema, BudgetScopeSchema, type BudgetScope } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import { get, put, type RouteGroup } from '../route.ts';
import { MAX_AGENT_BODY_BYTES } from './body.ts';

export const BUDGET_ROUTES: RouteGroup = {
  tag: 'Budgets',
  about: 'What work may use, and how much of it is left.',
  routes: [
    get('/api/v1/budgets', 'All that are declared.').answers(
      ApiBudgetListSchema,
      async (_, { coordination: { budgets } }) => ({ items: await budgets.list() }),
    ),
    get('/api/v1/budgets/:kind/:id', 'What one scope may use, and what is left of it, by unit.').answers(
      ApiBudgetListSchema,
      async ({ param }, { coordination: { budgets } }) => ({
        items: await budgets.get(scopeOf(param('kind'), param('id'))),
      }),
    ),
    put('/api/v1/budgets/:kind/:id', 'Declares limits of a scope; null takes one away.')
      .body(BudgetLimitsSchema, MAX_AGENT_BODY_BYTES)
      .answers(ApiBudgetListSchema, async ({ param, body }, { coordination: { budgets } }) => ({
        items: await budgets.set(scopeOf(param('kind'), param('id')), body),
      })),
  ],
};

function scopeOf(kind: string, id: string): BudgetScope {
  const read = BudgetScopeSchema.safeParse({ kind, id });
  if (read.success) return read.data;
  throw new AppError(
    'invalid_params',
    'There is no such kind of budget; use project, run, agent or task_tree, and an id.',
  );
}
