// The SQL of budgets. `budgets_scopes` holds the guard rows: whoever changes budgets of a scope updates its guard first,
// so that two never work on the same budgets at a time.

import type { Queries, ReadQueries } from '../../store/database.ts';
import type { DialectName } from '../../store/driver.ts';
import { isOneOf } from '../../store/json-rows.ts';

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

/** A database, or a transaction, that is only read. */
export interface BudgetReads {
  readonly dialect: DialectName;
  readonly read: ReadQueries<BudgetTables>;
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

/** Those of the scopes that have, or had, budgets. */
export async function readGuarded(
  { read, dialect }: BudgetReads,
  scopes: readonly Scope[],
): Promise<readonly Scope[]> {
  if (scopes.length === 0) return [];
  const byKind = Map.groupBy(scopes, ({ kind }) => kind);
  return await read
    .selectFrom('budgets_scopes')
    .select(['kind', 'id'])
    .where((eb) =>
      eb.or(
        [...byKind].map(([kind, all]) =>
          eb.and([
            eb('kind', '=', kind),
            isOneOf(
              dialect,
              'id',
              all.map(({ id }) => id),
            ),
          ]),
        ),
      ),
    )
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

/** Whether anybody ever declared one. */
export async function hasBudgets(queries: ReadQueries<BudgetTables>): Promise<boolean> {
  return (
    (await queries.selectFrom('budgets_scopes').select('kind').limit(1).executeTakeFirst()) !== undefined
  );
}

export async function readAllLimits(
  queries: ReadQueries<BudgetTables>,
  limit: number,
): Promise<readonly LimitRow[]> {
  return await queries
    .selectFrom('budgets_limits')
    .selectAll()
    .orderBy('kind')
    .orderBy('id')
    .orderBy('unit')
    .limit(limit)
    .execute();
}

export async function readReservationsOf(
  { read, dialect }: BudgetReads,
  holders: readonly string[],
): Promise<readonly ReservationRow[]> {
  if (holders.length === 0) return [];
  return await read
    .selectFrom('budgets_reservations')
    .selectAll()
    .where(isOneOf(dialect, 'holder', holders))
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
