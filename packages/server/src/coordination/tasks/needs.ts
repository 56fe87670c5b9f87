// What the tasks that a task needs mean for it. Pure.

import { isOpen } from './task-machine.ts';
import type { NeededRow } from './queries.ts';

export type NeedsObstacle =
  | { readonly kind: 'later'; readonly message: string }
  /** One of them failed, and the task is not wanted without it. */
  | { readonly kind: 'never'; readonly message: string };

/** Undefined: all of them are done. */
export function needsObstacle(
  needed: readonly NeededRow[],
  onFailure: 'fail' | 'run',
): NeedsObstacle | undefined {
  const lost = needed.find(({ status }) => status === null || status === 'failed' || status === 'cancelled');
  if (lost !== undefined && onFailure === 'fail')
    return {
      kind: 'never',
      message:
        lost.status === null
          ? `the task ${lost.needs_id}, which it needs, is gone`
          : `the task ${lost.needs_id}, which it needs, is ${lost.status}`,
    };
  const open = needed.filter(({ status }) => status !== null && isOpen(status));
  const [first, ...more] = open;
  if (first === undefined) return undefined;
  return {
    kind: 'later',
    message: `waits for the task ${first.needs_id}${more.length === 0 ? '' : ` and ${more.length} more`}`,
  };
}
