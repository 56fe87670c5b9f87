// How far work is, counted from its tasks. Pure. What runs of workflows have done is to be counted here too, once there are
// runs: as tasks are, by status.

import type { ApiProgress, TaskStatus } from '@tutti/schemas';

export interface StatusCount {
  readonly status: TaskStatus;
  readonly tasks: number;
}

export function progressOf(counts: readonly StatusCount[]): ApiProgress {
  const sum = (status?: TaskStatus): number =>
    counts.reduce((all, one) => all + (status === undefined || one.status === status ? one.tasks : 0), 0);
  const tasks = sum();
  const completed = sum('completed');
  const failed = sum('failed');
  const cancelled = sum('cancelled');
  const wanted = tasks - cancelled;
  return {
    tasks,
    open: wanted - completed - failed,
    completed,
    failed,
    cancelled,
    ...(wanted > 0 && { share: Math.round((completed / wanted) * 10_000) / 10_000 }),
  };
}
