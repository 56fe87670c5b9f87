// Arithmetic of budgets. Pure. What holds of every row, whatever is done in whichever order: no reservation makes
// reserved + spent more than the limit. What work used beyond what it had reserved is charged as far as the limit goes;
// the rest is kept as `overrun`, and keeps new work out.

import type { BudgetAmounts, BudgetScope, BudgetUnit } from '@tutti/schemas';

export interface BudgetRow {
  readonly scope: BudgetScope;
  readonly unit: BudgetUnit;
  readonly limit: number;
  /** Held for work that has not ended. */
  readonly reserved: number;
  readonly spent: number;
  /** Used beyond the limit. */
  readonly overrun: number;
}

export interface Shortage {
  readonly scope: BudgetScope;
  readonly unit: BudgetUnit;
  /** Undefined: the work does not say what it needs, so that nobody can hold it to the limit. */
  readonly asked: number | undefined;
  readonly available: number;
  readonly limit: number;
}

export type Reserved =
  | { readonly kind: 'reserved'; readonly rows: readonly BudgetRow[] }
  | { readonly kind: 'refused'; readonly shortages: readonly Shortage[] };

/** Units that are a level: work is let in up to it, and nothing adds up. */
const LEVELS: readonly BudgetUnit[] = ['depth'];

export function isLevel(unit: BudgetUnit): boolean {
  return LEVELS.includes(unit);
}

export function availableOf({ unit, limit, reserved, spent, overrun }: BudgetRow): number {
  return isLevel(unit) ? limit : Math.max(0, limit - reserved - spent - overrun);
}

/** All or nothing: takes the amounts from each of the rows. A row whose unit the work does not speak of is a shortage. */
export function reserve(rows: readonly BudgetRow[], amounts: BudgetAmounts): Reserved {
  const shortages = rows.flatMap((row): Shortage[] => {
    const asked = amounts[row.unit];
    const available = availableOf(row);
    if (asked !== undefined && asked <= available) return [];
    return [{ scope: row.scope, unit: row.unit, asked, available, limit: row.limit }];
  });
  if (shortages.length > 0) return { kind: 'refused', shortages };
  return { kind: 'reserved', rows: rows.map((row) => withReserved(row, amounts[row.unit] ?? 0)) };
}

/** The work has ended without using anything of what it had reserved. */
export function release(row: BudgetRow, held: number): BudgetRow {
  return withReserved(row, -Math.min(held, row.reserved));
}

/** The work has ended, and used `actual` of the `held` that it had reserved. */
export function settle(row: BudgetRow, held: number, actual: number): BudgetRow {
  if (isLevel(row.unit)) return row;
  const released = release(row, held);
  const room = Math.max(0, released.limit - released.reserved - released.spent);
  const charged = Math.min(actual, room);
  return {
    ...released,
    spent: released.spent + charged,
    overrun: released.overrun + (actual - charged),
  };
}

/** One line for people, with what to do. */
export function describeShortage({ scope, unit, asked, available, limit }: Shortage): string {
  const whose = `${scope.kind} \`${scope.id}\``;
  if (asked === undefined)
    return `the budget of ${whose} limits ${unit}, and the task does not say how much it needs; give it a budget with ${unit}`;
  const left = isLevel(unit) ? `the limit is ${limit}` : `${available} of ${limit} are left`;
  return `the budget of ${whose} does not allow ${asked} ${unit}: ${left}; raise the limit, ask for less, or wait until other work ends`;
}

function withReserved(row: BudgetRow, change: number): BudgetRow {
  return isLevel(row.unit) ? row : { ...row, reserved: row.reserved + change };
}
