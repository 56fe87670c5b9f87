// Guards of what is true of many rows at once. Whoever changes such a set takes its guard first: the others wait until the
// transaction ends, so that changes come one after the other. The version of the guard counts them: it orders rows that
// are written under it, tells a reader whether anything is new, and fences a decision that was made on an older set.

import type { ReadQueries, Transaction } from './database.ts';
import { holdVersion, nextVersion, readVersion } from './queries.ts';
import type { GuardTables } from './store-tables.ts';

/** The version of the set with this change, `steps` more than before. Rows and guards are taken in one order by all, or
 *  two transactions wait for each other: the guard first. */
export async function takeGuard(
  tx: Pick<Transaction<object>, 'over'>,
  name: string,
  steps = 1,
): Promise<number> {
  return await nextVersion(tx.over<GuardTables>(), name, steps);
}

/** The version of the set, which nobody changes before the transaction ends. */
export async function holdGuard(tx: Pick<Transaction<object>, 'over'>, name: string): Promise<number> {
  return await holdVersion(tx.over<GuardTables>(), name);
}

/** The version of the set as it is committed; 0 when it was never changed. */
export async function readGuard(read: ReadQueries<GuardTables>, name: string): Promise<number> {
  return await readVersion(read, name);
}
