// What a transition of a task is to the metrics.

import type { Transition } from '../../../coordination/tasks/transitions.ts';
import type { WorkMetrics } from '../../../telemetry/work-metrics.ts';

export function measureTransition(metrics: WorkMetrics, { event, before, after }: Transition): void {
  const { domain, status } = after;
  if (event === 'assign') {
    const { claim, assigned_ms: assignedMs, created_ms: createdMs } = after;
    metrics.taskClaimed(domain, claim === 1 && assignedMs !== null ? assignedMs - createdMs : undefined);
    return;
  }
  const isAgain = event === 'fail' || (event === 'expire' && before?.status !== 'assigned');
  if (isAgain && status === 'pending') metrics.taskRetried(domain);
  if (before?.ended_ms != null || after.ended_ms === null) return;
  if (status === 'completed' || status === 'failed' || status === 'cancelled')
    metrics.taskEnded(
      domain,
      status,
      after.assigned_ms === null ? undefined : after.ended_ms - after.assigned_ms,
    );
}
