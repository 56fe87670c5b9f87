// The SQL of the store's own tables.

import type { Queries, ReadQueries, Transaction } from './database.ts';
import type { GuardTables, LeaseRow, LeaseTables, ReplicaRow, ReplicaTables } from './store-tables.ts';

/** One more than before; the row is ours until the transaction ends. */
export async function nextVersion(
  queries: Queries<GuardTables>,
  name: string,
  steps: number,
): Promise<number> {
  const { version } = await queries
    .insertInto('store_guards')
    .values({ name, version: steps })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((eb) => ({ version: eb('store_guards.version', '+', steps) })),
    )
    .returning('version')
    .executeTakeFirstOrThrow();
  return version;
}

export async function readVersion(queries: ReadQueries<GuardTables>, name: string): Promise<number> {
  const found = await queries
    .selectFrom('store_guards')
    .select('version')
    .where('name', '=', name)
    .executeTakeFirst();
  return found?.version ?? 0;
}

/** As `readVersion`, for as long as the transaction lasts. */
export async function holdVersion(tx: Transaction<GuardTables>, name: string): Promise<number> {
  const found = await tx
    .steady(tx.selectFrom('store_guards').select('version').where('name', '=', name))
    .executeTakeFirst();
  return found?.version ?? 0;
}

export async function readLease(
  queries: ReadQueries<LeaseTables>,
  name: string,
): Promise<LeaseRow | undefined> {
  return await queries.selectFrom('store_leases').selectAll().where('name', '=', name).executeTakeFirst();
}

/** The first term; false when another one was quicker. */
export async function insertLease(queries: Queries<LeaseTables>, row: LeaseRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await queries
    .insertInto('store_leases')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** The next term in the place of the one that was seen; false when that is not as it was seen any more. */
export async function replaceLease(
  queries: Queries<LeaseTables>,
  seen: LeaseRow,
  { epoch, holder, expires_at_ms }: Omit<LeaseRow, 'name'>,
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('store_leases')
    .set({ epoch, holder, expires_at_ms })
    .where('name', '=', seen.name)
    .where('epoch', '=', seen.epoch)
    .where('expires_at_ms', '=', seen.expires_at_ms)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** False when another term has begun. */
export async function extendLease(
  queries: Queries<LeaseTables>,
  { name, epoch, expires_at_ms }: Omit<LeaseRow, 'holder'>,
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('store_leases')
    .set({ expires_at_ms })
    .where('name', '=', name)
    .where('epoch', '=', epoch)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Whether the term is under way, and stays it until the transaction ends. */
export async function holdTerm(
  tx: Transaction<LeaseTables>,
  { name, epoch }: Pick<LeaseRow, 'name' | 'epoch'>,
): Promise<boolean> {
  const found = await tx
    .steady(tx.selectFrom('store_leases').select('epoch').where('name', '=', name))
    .executeTakeFirst();
  return found?.epoch === epoch;
}

/** Counts a start, and returns its number. */
export async function startReplica(
  queries: Queries<ReplicaTables>,
  row: Pick<ReplicaRow, 'replica' | 'holder' | 'started_at_ms'>,
): Promise<number> {
  const { epoch } = await queries
    .insertInto('store_replicas')
    .values({ ...row, epoch: 1, seen_at_ms: row.started_at_ms })
    .onConflict((conflict) =>
      conflict.column('replica').doUpdateSet((eb) => ({
        epoch: eb('store_replicas.epoch', '+', 1),
        holder: eb.ref('excluded.holder'),
        started_at_ms: eb.ref('excluded.started_at_ms'),
        seen_at_ms: eb.ref('excluded.seen_at_ms'),
      })),
    )
    .returning('epoch')
    .executeTakeFirstOrThrow();
  return epoch;
}

/** The host is still there. */
export async function touchReplica(
  queries: Queries<ReplicaTables>,
  { replica, seen_at_ms }: Pick<ReplicaRow, 'replica' | 'seen_at_ms'>,
): Promise<void> {
  await queries.updateTable('store_replicas').set({ seen_at_ms }).where('replica', '=', replica).execute();
}

export async function readReplicasUnseen(
  queries: ReadQueries<ReplicaTables>,
  { beforeMs, limit }: { readonly beforeMs: number; readonly limit: number },
): Promise<readonly string[]> {
  const rows = await queries
    .selectFrom('store_replicas')
    .select('replica')
    .where('seen_at_ms', '<', beforeMs)
    .orderBy('replica')
    .limit(limit)
    .execute();
  return rows.map(({ replica }) => replica);
}

export async function deleteReplica(queries: Queries<ReplicaTables>, replica: string): Promise<void> {
  await queries.deleteFrom('store_replicas').where('replica', '=', replica).execute();
}
