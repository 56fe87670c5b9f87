// Agents that want work now: those whose watch is open, and those whose call waits. Only they are given any, so that no
// task lies with an agent that does not look.

import type { ContentRow } from '../tasks/queries.ts';
import type { TaskRow } from '../tasks/task-row.ts';

/** A task that was claimed for an agent, with what it carries where that is known. */
export interface Given {
  readonly task: TaskRow;
  readonly contents?: readonly ContentRow[];
}

export interface Waiter {
  readonly agentId: string;
  /** Tasks that it would take now, beside its slots. */
  readonly wants: number;
  /** A task was claimed for it; false: it does not take any more. */
  readonly give: (given: Given) => boolean;
}

export interface Waiters {
  add(waiter: Waiter): Disposable;
  /** One for each agent: what all of its waiters want. */
  wantOf(agentId: string): number;
  /** Tells the first of its waiters that takes it; false: none does any more. */
  give(agentId: string, given: Given): boolean;
  agentIds(): Iterable<string>;
  readonly size: number;
}

export function createWaiters(): Waiters {
  const byAgent = new Map<string, Set<Waiter>>();

  return {
    add(waiter) {
      const { agentId } = waiter;
      const waiters = byAgent.get(agentId) ?? new Set();
      byAgent.set(agentId, waiters.add(waiter));
      return {
        [Symbol.dispose]() {
          waiters.delete(waiter);
          if (waiters.size === 0 && byAgent.get(agentId) === waiters) byAgent.delete(agentId);
        },
      };
    },
    wantOf(agentId) {
      let wants = 0;
      for (const waiter of byAgent.get(agentId) ?? []) wants += waiter.wants;
      return wants;
    },
    give(agentId, given) {
      for (const waiter of byAgent.get(agentId) ?? []) if (waiter.give(given)) return true;
      return false;
    },
    agentIds: () => byAgent.keys(),
    get size() {
      return byAgent.size;
    },
  };
}
