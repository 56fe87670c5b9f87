// Lets a write through only while its agent has the files to itself. The lease is looked at in a transaction that holds the
// guard of the space, so that nobody can take it over before the write is done; what is done inside must be done at once.

import { AppError } from '../../kernel/errors.ts';
import type { Database } from '../../store/database.ts';
import { holdGuard } from '../../store/guard.ts';
import { createSteps } from './decide.ts';
import { endOf } from './liveness.ts';
import { createPattern, covers } from './patterns.ts';
import { type AllTables, readLeases } from './queries.ts';
import { MAX_AGENT_LEASES } from './requests.ts';
import { leaseOf } from './rows.ts';
import { guardOf } from './transaction.ts';

/** The database lets go of the guard of a host that stands still for longer than a transaction may take (store/limits.ts). One
 *  that stood still for so long does not write. */
const MAX_HELD_MS = 2_000;

export interface FencedWrite {
  readonly space: string;
  readonly agentId: string;
  /** Relative, with links followed; none is a glob. */
  readonly paths: readonly string[];
  /** Of the lease that the agent believes to have; undefined: any that it has. */
  readonly fence: number | undefined;
}

/** Runs `commit`, which must neither wait nor fail halfway; throws an AppError of the kind `no_lease` or `stale_fence`
 *  where the agent may not write now. */
export async function writeFenced<T>(
  database: Database<AllTables>,
  { space, agentId, paths, fence }: FencedWrite,
  commit: () => T,
): Promise<T> {
  // Never run twice: what is done inside can't be undone.
  return await database.transaction(
    async (tx) => {
      const startedAt = performance.now();
      await holdGuard(tx, guardOf(space));
      const nowMs = await tx.nowMs();
      const rows = await readLeases(tx.over(), { space, agentId, limit: MAX_AGENT_LEASES });
      const held = rows.flatMap((row) => {
        const lease = leaseOf(row);
        return lease.mode === 'exclusive' && endOf(lease, row, nowMs) === undefined ? [lease] : [];
      });
      for (const path of paths) {
        const wanted = createPattern(path);
        const steps = createSteps();
        const covering = held.filter(({ patterns }) => patterns.some((one) => covers(one, wanted, steps)));
        if (covering.length === 0) throw noLease(agentId, path);
        if (fence !== undefined && !covering.some((lease) => lease.fence === fence))
          throw new AppError(
            'conflict',
            `${agentId} had ${path} with the number ${fence}, and has it with ${covering[0]?.fence ?? 0} now: others may have written in between. Read it again, and write with the new number.`,
            { details: { kind: 'stale_fence', path } },
          );
      }
      if (performance.now() - startedAt > MAX_HELD_MS)
        throw new AppError('unavailable', 'The store was too slow; nothing was written. Try again.');
      return commit();
    },
    { once: true },
  );
}

function noLease(agentId: string, path: string): AppError {
  return new AppError('refused', `${agentId} does not have ${path} to itself.`, {
    details: { kind: 'no_lease', path },
  });
}
