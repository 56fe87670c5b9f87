// How many tasks there are of each domain and status: counted once, and by their transitions from then on, so that nobody
// who asks costs a look at all of them. What others on the same store change, and what is deleted, is not in it: then they
// are counted again, when somebody asks, and not often.

import type { TaskCount } from '../../../coordination/tasks/reads.ts';
import type { Transition } from '../../../coordination/tasks/transitions.ts';
import type { Clock } from '../../../kernel/clock.ts';

/** Between two counts, at least. */
export const RECOUNT_MS = 15_000;
/** Counting takes one part in so many of the time, however many tasks there are. */
const RESTS = 20;
/** Who asks waits so long for a count that is under way; then what was known is told. */
const MAX_WAIT_MS = 1_000;

export interface TaskCounts {
  take(transition: Pick<Transition, 'before' | 'after'>): void;
  /** It may not be true any more. */
  recount(): void;
  all(): Promise<Iterable<TaskCount>>;
}

export interface TaskCountsDeps {
  readonly start: readonly TaskCount[];
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  readonly count: () => Promise<readonly TaskCount[]>;
  readonly warn: (message: string, cause?: unknown) => void;
}

export function createTaskCounts({ start, clock, count, warn }: TaskCountsDeps): TaskCounts {
  let counts = mapOf(start);
  let isStale = false;
  let counting: Promise<void> | undefined;
  let restsUntilMs = 0;

  function add({ domain, status }: Pick<TaskCount, 'domain' | 'status'>, by: number): void {
    const key = keyOf({ domain, status });
    counts.set(key, { domain, status, count: Math.max(0, (counts.get(key)?.count ?? 0) + by) });
  }

  async function countAgain(): Promise<void> {
    const beganMs = clock.nowMs();
    // What changes meanwhile is in it or not: it is counted again then.
    isStale = false;
    try {
      counts = mapOf(await count());
    } catch (error) {
      isStale = true;
      warn('cannot count the tasks; it is tried again', error);
    } finally {
      const nowMs = clock.nowMs();
      restsUntilMs = nowMs + Math.max(RECOUNT_MS, RESTS * (nowMs - beganMs));
      counting = undefined;
    }
  }

  return {
    take({ before, after }) {
      if (before?.status === after.status) return;
      if (counting !== undefined) isStale = true;
      if (before !== undefined) add(before, -1);
      add(after, 1);
    },
    recount() {
      isStale = true;
    },
    async all() {
      if (isStale && counting === undefined && clock.nowMs() >= restsUntilMs) counting = countAgain();
      if (counting !== undefined) {
        const late = Promise.withResolvers<void>();
        using _late = clock.after(MAX_WAIT_MS, late.resolve);
        await Promise.race([counting, late.promise]);
      }
      return counts.values();
    },
  };
}

function keyOf({ domain, status }: Pick<TaskCount, 'domain' | 'status'>): string {
  return `${status} ${domain}`;
}

function mapOf(counts: readonly TaskCount[]): Map<string, TaskCount> {
  return new Map(counts.map((one) => [keyOf(one), one]));
}
