// Bounded history: what is beyond a count or an age is deleted, oldest first, in small transactions, so that nobody waits
// long for their turn.

import type { AnyDatabase } from './database.ts';
import type { Term } from './leader-lease.ts';
import { sql } from './kysely.ts';

/** Rows that one transaction deletes. */
export const RETENTION_CHUNK_ROWS = 500;

export interface Retention {
  readonly table: string;
  /** A unique column that grows from row to row. */
  readonly key: string;
  /** The newest that are kept; all when left out. */
  readonly keep?: number | undefined;
  /** What is older goes; nothing is too old when left out. */
  readonly age?: { readonly column: string; readonly maxMs: number } | undefined;
}

/** Deletes what is beyond, and returns how many rows that were. It is the leader's work: given up when its term is over. */
export async function deleteBeyond(
  database: AnyDatabase,
  { table, key, keep, age }: Retention,
  term: Pick<Term, 'signal' | 'fence'>,
): Promise<number> {
  const source = sql.table(table);
  const keyed = sql.ref(key);
  let deleted = 0;
  for (;;) {
    const chunk = await database.over<object>().transaction(
      async (tx) => {
        await term.fence(tx);
        const beyond = [];
        if (keep !== undefined)
          beyond.push(
            sql`${keyed} <= (select ${keyed} from ${source} order by ${keyed} desc limit 1 offset ${keep})`,
          );
        if (age !== undefined) beyond.push(sql`${sql.ref(age.column)} < ${(await tx.nowMs()) - age.maxMs}`);
        if (beyond.length === 0) return 0;
        const { numAffectedRows } = await sql`
          delete from ${source} where ${keyed} in (
            select ${keyed} from ${source} where ${sql.join(beyond, sql` or `)}
            order by ${keyed} limit ${RETENTION_CHUNK_ROWS})`.execute(tx);
        return Number(numAffectedRows ?? 0);
      },
      { signal: term.signal },
    );
    deleted += chunk;
    if (chunk < RETENTION_CHUNK_ROWS) return deleted;
  }
}
