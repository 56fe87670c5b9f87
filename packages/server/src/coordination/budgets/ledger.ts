// Budgets inside somebody else's transaction: the ledger of tasks reserves where it hands a task out, and settles where
// the task ends, in the same transaction. Scopes are locked in one fixed order, so that two can't wait for each other.
// A holder is one attempt at a task; each of its steps may come twice, and the second one changes nothing.

import {
  BUDGET_SCOPES,
  BUDGET_UNITS,
  type BudgetAmounts,
  type BudgetScope,
  type BudgetUnit,
} from '@tutti/schemas';
import type { ReadQueries, Transaction } from '../../store/database.ts';
import { type BudgetRow, isLevel, release, reserve, type Reserved, settle } from './budget.ts';
import type { BudgetBook, LoadedBudgets } from './budget-book.ts';
import {
  type BudgetReads,
  type BudgetTables,
  deleteLimit,
  deleteReservations,
  deleteReservationsOf,
  insertGuard,
  insertReservations,
  type LimitRow,
  lockGuard,
  readGuarded,
  readLimits,
  readReservations,
  readReservationsOf,
  readAllLimits,
  type ReservationRow,
  updateUse,
  upsertLimit,
} from './queries.ts';

type Tx = Transaction<BudgetTables>;

/** Scopes that one transaction may count for. */
export const MAX_SCOPES = 1_024;

/** The budgets of the scopes, locked until the transaction ends. A scope without one has no rows. */
export async function loadBudgets(tx: Tx, scopes: readonly BudgetScope[]): Promise<readonly BudgetRow[]> {
  if (scopes.length === 0) return [];
  const guarded = await readGuarded({ dialect: tx.dialect, read: tx }, scopes);
  const rows: BudgetRow[] = [];
  for (const scope of inLockOrder(guarded.flatMap(toScope))) {
    await lockGuard(tx, scope);
    rows.push(...(await readLimits(tx, scope)).flatMap(toBudget));
  }
  return rows;
}

/** Writes what loadBudgets gave and arithmetic changed. */
export async function saveBudgets(tx: Tx, rows: readonly BudgetRow[]): Promise<void> {
  for (const row of rows) await updateUse(tx, toLimit(row));
}

/** The budgets of a scope as they are committed. */
export async function readBudgets(
  queries: ReadQueries<BudgetTables>,
  scope: BudgetScope,
): Promise<readonly BudgetRow[]> {
  return (await readLimits(queries, scope)).flatMap(toBudget);
}

/** The budgets of several scopes as they are committed. */
export async function readBudgetsOf(
  reads: BudgetReads,
  scopes: readonly BudgetScope[],
): Promise<readonly BudgetRow[]> {
  const guarded = await readGuarded(reads, scopes);
  const limits = await Promise.all(guarded.map((scope) => readLimits(reads.read, scope)));
  return limits.flat().flatMap(toBudget);
}

/** Declares the limits of a scope; null takes one away. A limit below what is used lets nothing new in. */
export async function setLimits(
  tx: Tx,
  scope: BudgetScope,
  limits: { readonly [unit in BudgetUnit]?: number | null },
): Promise<void> {
  await insertGuard(tx, scope);
  await lockGuard(tx, scope);
  for (const unit of BUDGET_UNITS) {
    const limit = limits[unit];
    if (limit === null) {
      await deleteLimit(tx, { ...scope, unit });
      // Else they would be taken off a limit that is declared later.
      await deleteReservationsOf(tx, { ...scope, unit });
    } else if (limit !== undefined) await upsertLimit(tx, { ...scope, unit, max_amount: limit });
  }
}

/** Reserves for a holder from every budget of the scopes, or from none. */
export async function reserveFor(
  tx: Tx,
  {
    holder,
    scopes,
    amounts,
  }: {
    readonly holder: string;
    readonly scopes: readonly BudgetScope[];
    readonly amounts: BudgetAmounts;
  },
): Promise<Reserved> {
  const before = await loadBudgets(tx, scopes);
  if ((await readReservations(tx, holder)).length > 0) return { kind: 'reserved', rows: before };
  const reserved = reserve(before, amounts);
  if (reserved.kind === 'refused') return reserved;
  await saveBudgets(
    tx,
    reserved.rows.filter(({ unit }) => !isLevel(unit)),
  );
  await insertReservations(
    tx,
    before
      .filter(({ unit }) => !isLevel(unit))
      .map(({ scope: { kind, id }, unit }) => ({ holder, kind, id, unit, amount: amounts[unit] ?? 0 })),
  );
  return reserved;
}

/** The holder's work ended: charges what it used. A unit that nobody measured is charged as it was reserved. */
export async function settleFor(tx: Tx, holder: string, used: BudgetAmounts): Promise<readonly BudgetRow[]> {
  return await endReservations(tx, holder, (row, held) => settle(row, held, used[row.unit] ?? held));
}

/** The holder's work never began, or used nothing. */
export async function releaseFor(tx: Tx, holder: string): Promise<readonly BudgetRow[]> {
  return await endReservations(tx, holder, release);
}

async function endReservations(
  tx: Tx,
  holder: string,
  end: (row: BudgetRow, held: number) => BudgetRow,
): Promise<readonly BudgetRow[]> {
  const found = await readReservations(tx, holder);
  if (found.length === 0) return [];
  const rows = await loadBudgets(tx, found.flatMap(toScope));
  // Read again behind the guards: somebody may have ended them meanwhile.
  const held = await readReservations(tx, holder);
  const ended = rows.flatMap((row) => {
    const reservation = held.find((one) => isOf(one, row));
    return reservation === undefined ? [] : [end(row, reservation.amount)];
  });
  await saveBudgets(tx, ended);
  await deleteReservations(tx, holder);
  return ended;
}

function isOf(one: ReservationRow, { scope, unit }: BudgetRow): boolean {
  return one.kind === scope.kind && one.id === scope.id && one.unit === unit;
}

/** Each scope once, in the order in which everybody locks them. */
function inLockOrder(scopes: readonly BudgetScope[]): readonly BudgetScope[] {
  const byKey = new Map(scopes.map((scope) => [keyOf(scope), scope]));
  if (byKey.size > MAX_SCOPES) throw new RangeError(`more than ${MAX_SCOPES} budgets at once`);
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, scope]) => scope);
}

function keyOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}\n${id}`;
}

function toScope({ kind, id }: { readonly kind: string; readonly id: string }): BudgetScope[] {
  const known = BUDGET_SCOPES.find((one) => one === kind);
  return known === undefined ? [] : [{ kind: known, id }];
}

/** What another version wrote and this one does not know is left out. */
function toBudget(row: LimitRow): BudgetRow[] {
  const [scope] = toScope(row);
  const unit = BUDGET_UNITS.find((one) => one === row.unit);
  if (scope === undefined || unit === undefined) return [];
  const { max_amount: limit, reserved, spent, overrun } = row;
  return [{ scope, unit, limit, reserved, spent, overrun }];
}

function toLimit({ scope, unit, limit, reserved, spent, overrun }: BudgetRow): LimitRow {
  return { kind: scope.kind, id: scope.id, unit, max_amount: limit, reserved, spent, overrun };
}

/** All that are declared, up to a number. */
export async function listBudgets(
  queries: ReadQueries<BudgetTables>,
  limit: number,
): Promise<readonly BudgetRow[]> {
  return (await readAllLimits(queries, limit)).flatMap(toBudget);
}

/** What a batch of decisions needs of budgets: of these scopes, and of those that the holders reserved from. */
export async function loadForBatch(
  tx: Tx,
  scopes: readonly BudgetScope[],
  holders: readonly string[],
): Promise<LoadedBudgets> {
  const reads: BudgetReads = { dialect: tx.dialect, read: tx };
  const seen = await readReservationsOf(reads, holders);
  const rows = await loadBudgets(tx, [...scopes, ...seen.flatMap(toScope)]);
  // Read again behind the guards: a limit may have been taken away meanwhile.
  return { rows, reservations: seen.length === 0 ? [] : await readReservationsOf(reads, holders) };
}

export async function saveBatch(tx: Tx, { changed, added, ended }: BudgetBook): Promise<void> {
  await saveBudgets(tx, changed);
  await insertReservations(tx, added);
  for (const holder of ended) await deleteReservations(tx, holder);
}
