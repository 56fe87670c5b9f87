// How many tasks there are of each domain and status: counted once at the start, and by their transitions from then on, so
// that nobody who asks costs a look at all of them. What other hosts on the same store change is not in it.

import type { TaskCount } from '../../../coordination/tasks/reads.ts';
import type { Transition } from '../../../coordination/tasks/transitions.ts';

export interface TaskCounts {
  take(transition: Pick<Transition, 'before' | 'after'>): void;
  all(): Iterable<TaskCount>;
}

export function createTaskCounts(start: readonly TaskCount[]): TaskCounts {
  const counts = new Map<string, TaskCount>();
  for (const one of start) add(one, one.count);

  function add({ domain, status }: Pick<TaskCount, 'domain' | 'status'>, by: number): void {
    const key = `${status} ${domain}`;
    counts.set(key, { domain, status, count: Math.max(0, (counts.get(key)?.count ?? 0) + by) });
  }

  return {
    take({ before, after }) {
      if (before?.status === after.status) return;
      if (before !== undefined) add(before, -1);
      add(after, 1);
    },
    all: () => counts.values(),
  };
}
