// What follows from a change of a task for others: the slots of its holder, what the holder has shown, the tasks that need
// it. In one place, so that no change can forget it. Pure.

import type { FitnessRow } from '../agents/agent-row.ts';
import { isHeld, takesSlot } from './task-machine.ts';
import type { Transition } from './transitions.ts';
import { workedMs } from './worked-ms.ts';

export interface LoadChange {
  readonly agentId: string;
  readonly used: number;
  readonly completed: number;
  readonly failed: number;
}

/** For its holder before, and its holder after. */
export function loadChanges({ before, after, event }: Transition): readonly LoadChange[] {
  const held = before !== undefined && isHeld(before.status) ? before.agent_id : null;
  const holds = isHeld(after.status) ? after.agent_id : null;
  const changes: LoadChange[] = [];
  if (held !== null && held !== holds) {
    const completed = after.status === 'completed' ? 1 : 0;
    const failed = event === 'fail' || isLostAttempt(before?.status, event) ? 1 : 0;
    const used = before !== undefined && takesSlot(before) ? -1 : 0;
    changes.push({ agentId: held, used, completed, failed });
  } else if (held !== null && before !== undefined && takesSlot(before) !== takesSlot(after)) {
    changes.push({ agentId: held, used: takesSlot(after) ? 1 : -1, completed: 0, failed: 0 });
  }
  if (holds !== null && held !== holds) changes.push({ agentId: holds, used: 1, completed: 0, failed: 0 });
  return changes;
}

function isLostAttempt(before: string | undefined, event: Transition['event']): boolean {
  return event === 'expire' && before !== 'assigned';
}

/** What the holder has shown with this class of tasks; undefined where the change shows nothing. */
export function shownFitness(transition: Transition, nowMs: number): FitnessRow | undefined {
  const { before, after, usage } = transition;
  const [change] = loadChanges(transition);
  if (before === undefined || change === undefined || change.completed + change.failed === 0)
    return undefined;
  return {
    agent_id: change.agentId,
    class_id: after.class_id,
    completed: change.completed,
    failed: change.failed,
    total_ms: workedMs(before, nowMs),
    cost_micros: usage?.money_micros ?? 0,
    tokens: usage?.tokens ?? 0,
    metered: usage === undefined ? 0 : 1,
    seen_ms: nowMs,
  };
}

/** Others may go on, or can't ever. */
export function endsTask({ before, after }: Transition): boolean {
  return after.ended_ms !== null && (before?.ended_ms ?? null) === null;
}
