// Budgets: what work may use, and how much of it is left. Amounts are whole numbers, so that sums are exact.

import { z } from 'zod';
import { durationMs, MAX_DURATION_MS } from '../resources/duration.ts';
import { WordSchema } from './names.ts';

/**
 * What is counted. `money_micros`: millionths of the currency that an installation reckons in. `wall_time_ms`: time that
 * agents work. `tasks`: how many there may be. `depth`: how deep tasks may make tasks; a level, which nothing adds up to.
 */
export const BUDGET_UNITS = ['tokens', 'money_micros', 'wall_time_ms', 'tasks', 'depth'] as const;

/** What a budget is of. `task_tree`: a task with all that came of it. */
export const BUDGET_SCOPES = ['project', 'run', 'agent', 'task_tree'] as const;

/** A sum of these stays exact. */
export const MAX_BUDGET_AMOUNT = 2 ** 50;

const amount = z.int().min(0).max(MAX_BUDGET_AMOUNT);

export const BudgetScopeSchema = z.strictObject({ kind: z.enum(BUDGET_SCOPES), id: WordSchema });

/** Amounts by unit; a unit that is left out has none. */
export const BudgetSchema = z
  .strictObject({
    tokens: amount.optional(),
    /** Millionths of the currency that the installation reckons in. */
    money_micros: amount.optional(),
    wall_time: durationMs({ minMs: 0, maxMs: 365 * MAX_DURATION_MS }).optional(),
    tasks: amount.optional(),
    depth: amount.optional(),
  })
  .transform(({ wall_time: wallTimeMs, ...rest }): BudgetAmounts => {
    const amounts: BudgetAmounts = {};
    for (const unit of BUDGET_UNITS) {
      const given = unit === 'wall_time_ms' ? wallTimeMs : rest[unit];
      if (given !== undefined) amounts[unit] = given;
    }
    return amounts;
  });

/** Amounts as they are reckoned with. */
export const ApiAmountsSchema = z.partialRecord(z.enum(BUDGET_UNITS), z.int());

/** What is declared for a scope; null takes a limit away, what is left out stays. */
export const BudgetLimitsSchema = z
  .strictObject({
    tokens: amount.nullish(),
    money_micros: amount.nullish(),
    wall_time: durationMs({ minMs: 0, maxMs: 365 * MAX_DURATION_MS }).nullish(),
    tasks: amount.nullish(),
    depth: amount.nullish(),
  })
  .transform(({ wall_time: wallTimeMs, ...rest }): BudgetLimits => {
    const limits: BudgetLimits = {};
    for (const unit of BUDGET_UNITS) {
      const given = unit === 'wall_time_ms' ? wallTimeMs : rest[unit];
      if (given !== undefined) limits[unit] = given;
    }
    return limits;
  });

/** What an attempt used, as its agent counts it. Its time is measured. */
export const UsageSchema = z.strictObject({ tokens: amount.optional(), money_micros: amount.optional() });

/** One budget, as the API shows it. */
export const ApiBudgetSchema = z.object({
  scope: z.object({ kind: z.enum(BUDGET_SCOPES), id: z.string() }),
  unit: z.enum(BUDGET_UNITS),
  limit: z.int(),
  /** Held for work that has not ended. */
  reserved: z.int(),
  spent: z.int(),
  /** What work used beyond the limit before it could be stopped. */
  overrun: z.int(),
  available: z.int(),
});

/** By kind, id and unit. */
export const ApiBudgetListSchema = z.object({ items: z.array(ApiBudgetSchema) });

export type BudgetUnit = (typeof BUDGET_UNITS)[number];
export type BudgetScopeKind = (typeof BUDGET_SCOPES)[number];
export type BudgetScope = z.infer<typeof BudgetScopeSchema>;
export type BudgetAmounts = { [unit in BudgetUnit]?: number };
/** As limits are written. */
export type BudgetLimitsInput = z.input<typeof BudgetLimitsSchema>;
export type BudgetLimits = { [unit in BudgetUnit]?: number | null };
export type Usage = z.infer<typeof UsageSchema>;
export type ApiBudget = z.infer<typeof ApiBudgetSchema>;
