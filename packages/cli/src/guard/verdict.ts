// Whether a commit may be made, by what is known of its files. Pure.

import type { CheckedPath } from '@tutti/schemas';
import { leaseNote } from '../output/lease-words.ts';

/** Files that are told one by one. */
const MAX_TOLD = 20;

export interface Refusal {
  /** One for each file. */
  readonly lines: readonly string[];
  /** What to do. */
  readonly next: string;
}

/** Undefined: it may. `requireLease`: only files that the agent has leased itself. */
export function judgeCommit(
  checked: readonly CheckedPath[],
  agent: string | undefined,
  requireLease: boolean,
): Refusal | undefined {
  const lines = checked.flatMap(({ path, holders, yours, queue_length: queue }) => {
    const others = holders.filter((lease) => lease.agent_id !== agent);
    const waiting = queue === 0 ? '' : `; ${queue} wait for it`;
    if (others.length > 0) return [`${path}: ${others.map(leaseNote).join('; ')}${waiting}`];
    return requireLease && !yours ? [`${path}: ${agent ?? 'you'} did not lease it`] : [];
  });
  if (lines.length === 0) return undefined;
  const more = lines.length - MAX_TOLD;
  return {
    lines: more > 0 ? [...lines.slice(0, MAX_TOLD), `… and ${more} more`] : lines,
    next:
      agent === undefined
        ? 'Say which agent you are (TUTTI_AGENT, or tutti guard install --agent ID), or wait until they are released.'
        : 'Wait until they are released (acquire_file_lock with wait_seconds), or take them out of this commit.',
  };
}
