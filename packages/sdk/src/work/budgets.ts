// Budgets over the API.

import {
  ApiBudgetListSchema,
  type ApiBudget,
  type BudgetLimitsInput,
  type BudgetScope,
} from '@tutti/schemas';
import type { Http, RequestOptions } from '../http.ts';

export interface BudgetsClient {
  /** All that are declared, by kind, id and unit. */
  list(options?: RequestOptions): Promise<ApiBudget[]>;
  /** By unit; empty: nothing is limited. */
  get(scope: BudgetScope, options?: RequestOptions): Promise<ApiBudget[]>;
  /** Needs the token. Null takes a limit away, what is left out stays; in force when this resolves. */
  set(scope: BudgetScope, limits: BudgetLimitsInput, options?: RequestOptions): Promise<ApiBudget[]>;
}

export function createBudgetsClient(http: Http): BudgetsClient {
  const pathOf = ({ kind, id }: BudgetScope): string => `/api/v1/budgets/${kind}/${encodeURIComponent(id)}`;

  return {
    async list(options) {
      return (await http.request('GET', '/api/v1/budgets', ApiBudgetListSchema, options)).items;
    },
    async get(scope, options) {
      return (await http.request('GET', pathOf(scope), ApiBudgetListSchema, options)).items;
    },
    async set(scope, limits, options) {
      const text = JSON.stringify(limits);
      return (await http.request('PUT', pathOf(scope), ApiBudgetListSchema, { ...options, text })).items;
    },
  };
}
