// The advisory locks of those who use a schema. The numbers are hashes of words; the words are part of what versions of
// Tutti agree on.

import type { Client } from 'pg';

/** Holders that a message names. */
const MAX_NAMED = 5;

export interface LockKey {
  readonly kind: string;
  readonly name: string;
}

/** Of all who use the schema: shared by hosts, had alone by who fills or replaces it. */
export function storeKey(schema: string): LockKey {
  return { kind: 'tutti owner', name: schema };
}

/** Of one host. */
export function replicaKey(schema: string, replica: string): LockKey {
  return { kind: 'tutti replica', name: `${schema} ${replica}` };
}

export async function tryLock(client: Client, { kind, name }: LockKey, isShared: boolean): Promise<boolean> {
  const { rows } = await client.query<{ had: boolean }>(
    `select pg_try_advisory_lock${isShared ? '_shared' : ''}(hashtext($1), hashtext($2)) as had`,
    [kind, name],
  );
  return rows[0]?.had === true;
}

/** Who say that they hold the lock, as far as this user may see. */
export async function readHolders(client: Client, { kind, name }: LockKey): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select application_name as name from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and datname = current_database() and database = datid
       and classid::bigint = hashtext($1)::bigint & 4294967295
       and objid::bigint = hashtext($2)::bigint & 4294967295
     order by backend_start limit ${MAX_NAMED}`,
    [kind, name],
  );
  return rows.map((row) => row.name).filter((found) => found !== '');
}
