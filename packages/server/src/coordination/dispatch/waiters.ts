// Agents that want work now: those whose watch is open, and those whose call waits. Only they are given any, so that no
// task lies with an agent that does not look.

export interface Waiter {
  readonly agentId: string;
  /** Tasks that it would take now, beside its slots. */
  readonly wants: number;
  /** A task was claimed for it, which may be the last that it wants; false: it is not there any more. */
  readonly give: (taskId: string) => boolean;
}

export interface Waiters {
  add(waiter: Waiter): Disposable;
  /** One for each agent: what all of its waiters want. */
  wantOf(agentId: string): number;
  /** Tells one of its waiters, first those that want more; false: it has none any more. */
  give(agentId: string, taskId: string): boolean;
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
    give(agentId, taskId) {
      const waiters = [...(byAgent.get(agentId) ?? [])];
      const wanting = waiters.filter(({ wants }) => wants > 0);
      // The slot that the task was claimed for counts as taken already.
      return wanting.some((waiter) => waiter.give(taskId)) || waiters.some((waiter) => waiter.give(taskId));
    },
    agentIds: () => byAgent.keys(),
    get size() {
      return byAgent.size;
    },
  };
}
