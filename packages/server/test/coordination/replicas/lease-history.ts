// Whether what happened to files could have happened under leases: each number belongs to one agent, and no file is written
// with an older number after another agent wrote it with a newer one. What stands in the store at one moment never overlaps.

import type { LeaseMode } from '@tutti/schemas';
import type { LeaseRow } from '../../../src/coordination/leases/lease-row.ts';
import { createPattern, patternsOverlap } from '../../../src/coordination/leases/patterns.ts';
import { leaseOf } from '../../../src/coordination/leases/rows.ts';
import type { Written } from './lease-ops.ts';

/** What an agent was told that it has. */
export interface Told {
  readonly agent: string;
  readonly fence: number;
  readonly mode: LeaseMode;
  readonly paths: readonly string[];
}

export function* lateWrites(writes: readonly Written[], told: readonly Told[]): Iterable<string> {
  const newest = new Map<string, Written>();
  for (const one of writes) {
    const before = newest.get(one.file);
    if (before !== undefined && before.fence > one.fence && before.agent !== one.agent)
      yield `${one.agent} wrote ${one.file} with ${one.fence} after ${before.agent} did with ${before.fence}`;
    if (before === undefined || before.fence < one.fence) newest.set(one.file, one);
    const lease = told.find(({ fence }) => fence === one.fence);
    if (lease === undefined) continue;
    if (lease.agent !== one.agent || lease.mode !== 'exclusive')
      yield `${one.agent} wrote ${one.file} with the number of ${lease.agent} (${lease.mode})`;
  }
}

export function* sharedNumbers(told: readonly Told[]): Iterable<string> {
  const byFence = Map.groupBy(told, ({ fence }) => fence);
  for (const [fence, all] of byFence)
    if (new Set(all.map(({ agent }) => agent)).size > 1) yield `the number ${fence} was given twice`;
}

/** Of rows that were read at one moment. */
export function* doubleHolders(rows: readonly LeaseRow[]): Iterable<string> {
  const leases = rows.map(leaseOf);
  for (const [index, one] of leases.entries())
    for (const other of leases.slice(index + 1)) {
      if (one.agentId === other.agentId || (one.mode === 'shared' && other.mode === 'shared')) continue;
      const isCommon = one.patterns.some((a) =>
        other.patterns.some((b) => patternsOverlap(a, createPattern(b.text), { left: 100_000 }) !== false),
      );
      if (isCommon)
        yield `${one.agentId} (${one.fence}) and ${other.agentId} (${other.fence}) have the same files`;
    }
}
