// Samples the resident memory of every process with its descendants. Shared pages count for each process that maps
// them, so the sum is an upper bound; it is read every few seconds, so a limit is no guarantee against a sudden burst.

import type { Clock } from '../../kernel/clock.ts';
import { familyOf, type FamilyKey } from './family.ts';
import type { ProcessTable } from './process-table.ts';

const MEMORY_SAMPLE_MS = 5_000;

interface Watched {
  readonly key: FamilyKey;
  sampled(rssBytes: number): void;
}

export interface MemoryWatchDeps {
  readonly table: ProcessTable;
  readonly clock: Clock;
  readonly watched: () => readonly Watched[];
}

export function createMemoryWatch({ table, clock, watched }: MemoryWatchDeps): Disposable {
  let disposed = false;
  let timer = schedule();

  function schedule(): Disposable {
    return clock.after(MEMORY_SAMPLE_MS, () => void sample());
  }

  async function sample(): Promise<void> {
    const now = watched();
    const scan = now.length === 0 ? undefined : await table.read();
    if (scan !== undefined) for (const one of now) one.sampled(rssOf(familyOf(scan, one.key)));
    if (!disposed) timer = schedule();
  }

  function rssOf(pids: readonly number[]): number {
    return pids.reduce((sum, pid) => sum + table.rssBytes(pid), 0);
  }

  return {
    [Symbol.dispose]() {
      disposed = true;
      timer[Symbol.dispose]();
    },
  };
}

/** For people: `512 MiB`. */
export function formatBytes(bytes: number): string {
  const mebibytes = bytes / 1_048_576;
  return mebibytes >= 10 ? `${Math.round(mebibytes)} MiB` : `${mebibytes.toFixed(1)} MiB`;
}
