// The SQL of budgets. `budgets_scopes` holds the guard rows: whoever changes budgets of a scope updates its guard first,
// so that two never work on the same budgets at a time.

import type { Queries, ReadQueries } from '../../store/database.ts';

export interface LimitRow {
  kind: string;
  id: string;
  unit: string;
  max_amount: number;
  reserved: number;
  spent: number;
  overrun: number;
}

export interface ReservationRow {
  /** Whose it is: an attempt at a task. */
  holder: string;
  kind: string;
  id: string;
  unit: string;
  amount: number;
}

export interface BudgetTables {
  budgets_scopes: { kind: string; id: string; version: number };
  budgets_limits: LimitRow;
  budgets_reservations: ReservationRow;
}

interface Scope {
  readonly kind: string;
  readonly id: string;
}

export async function insertGuard(queries: Queries<BudgetTables>, { kind, id }: Scope): Promise<void> {
  await queries
    .insertInto('budgets_scopes')
    .values({ kind, id, version: 0 })
    .onConflict((conflict) => conflict.columns(['kind', 'id']).doNothing())
    .execute();
}

/** Which of the scopes have budgets. One statement, so that work without budgets costs no more. */
export async function readGuarded(
  queries: ReadQueries<BudgetTables>,
  scopes: readonly Scope[],
): Promise<readonly Scope[]> {
  return await queries
    .selectFrom('budgets_scopes')
    .select(['kind', 'id'])
    .where((eb) => eb.or(scopes.map(({ kind, id }) => eb.and([eb('kind', '=', kind), eb('id', '=', id)]))))
    .execute();
}

/** Until the transaction ends nobody else gets past here. */
export async function lockGuard(queries: Queries<BudgetTables>, { kind, id }: Scope): Promise<void> {
  await queries
    .updateTable('budgets_scopes')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('kind', '=', kind)
    .where('id', '=', id)
    .execute();
}

export async function readLimits(
  queries: ReadQueries<BudgetTables>,
  { kind, id }: Scope,
): Promise<readonly LimitRow[]> {
  return await queries
    .selectFrom('budgets_limits')
    .selectAll()
    .where('kind', '=', kind)
    .where('id', '=', id)
    .orderBy('unit')
    .execute();
}

/** Only what of a row changes as work goes on. */
export async function updateUse(queries: Queries<BudgetTables>, row: LimitRow): Promise<void> {
  await queries
    .updateTable('budgets_limits')
    .set({ reserved: row.reserved, spent: row.spent, overrun: row.overrun })
    .where('kind', '=', row.kind)
    .where('id', '=', row.id)
    .where('unit', '=', row.unit)
    .execute();
}

/** What is reserved and spent stays. */
export async function upsertLimit(
  queries: Queries<BudgetTables>,
  row: Pick<LimitRow, 'kind' | 'id' | 'unit' | 'max_amount'>,
): Promise<void> {
  await queries
    .insertInto('budgets_limits')
    .values({ ...row, reserved: 0, spent: 0, overrun: 0 })
    .onConflict((conflict) =>
      conflict
        .columns(['kind', 'id', 'unit'])
        .doUpdateSet((eb) => ({ max_amount: eb.ref('excluded.max_amount') })),
    )
    .execute();
}

export async function deleteLimit(
  queries: Queries<BudgetTables>,
  { kind, id, unit }: Pick<LimitRow, 'kind' | 'id' | 'unit'>,
): Promise<void> {
  await queries
    .deleteFrom('budgets_limits')
    .where('kind', '=', kind)
    .where('id', '=', id)
    .where('unit', '=', unit)
    .execute();
}

export async function readReservations(
  queries: ReadQueries<BudgetTables>,
  holder: string,
): Promise<readonly ReservationRow[]> {
  return await queries
    .selectFrom('budgets_reservations')
    .selectAll()
    .where('holder', '=', holder)
    .orderBy('kind')
    .orderBy('id')
    .orderBy('unit')
    .execute();
}

export async function insertReservations(
  queries: Queries<BudgetTables>,
  rows: readonly ReservationRow[],
): Promise<void> {
  if (rows.length > 0) await queries.insertInto('budgets_reservations').values(rows).execute();
}

/** Of all holders. */
export async function deleteReservationsOf(
  queries: Queries<BudgetTables>,
  { kind, id, unit }: Pick<LimitRow, 'kind' | 'id' | 'unit'>,
): Promise<void> {
  await queries
    .deleteFrom('budgets_reservations')
    .where('kind', '=', kind)
    .where('id', '=', id)
    .where('unit', '=', unit)
    .execute();
}

export async function deleteReservations(queries: Queries<BudgetTables>, holder: string): Promise<void> {
  await queries.deleteFrom('budgets_reservations').where('holder', '=', holder).execute();
}
