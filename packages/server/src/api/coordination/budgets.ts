// Budgets over HTTP: whoever may read sees them, administrators declare them.

import { BudgetLimitsSchema, BudgetScopeSchema, type BudgetScope } from '@tutti/schemas';
import type { Context, Hono } from 'hono';
import { AppError } from '../../kernel/errors.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { MAX_AGENT_BODY_BYTES, readBody } from './body.ts';

export function addBudgetRoutes(api: Hono<ApiEnv>, { coordination }: Pick<ApiDeps, 'coordination'>): void {
  const { budgets } = coordination;
  api.get('/budgets', async (c) => c.json({ items: await budgets.list() }));
  api.get('/budgets/:kind/:id', async (c) => c.json({ items: await budgets.get(scopeOf(c)) }));
  api.put('/budgets/:kind/:id', async (c) => {
    const { body } = await readBody(c, BudgetLimitsSchema, MAX_AGENT_BODY_BYTES);
    return c.json({ items: await budgets.set(scopeOf(c), body) });
  });
}

function scopeOf(c: Context<ApiEnv>): BudgetScope {
  const read = BudgetScopeSchema.safeParse({ kind: c.req.param('kind'), id: c.req.param('id') });
  if (read.success) return read.data;
  throw new AppError(
    'invalid_params',
    'There is no such kind of budget; use project, run, agent or task_tree, and an id.',
  );
}
