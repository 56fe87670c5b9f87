// What agents have to know of their leases, until they are told. In memory: one that is not told learns it when it writes,
// or asks again.

import type { LeaseNews } from '@tutti/schemas';

/** Of one agent; the oldest go first. */
const MAX_NEWS = 100;
/** Agents that something is kept for; the oldest go first. */
const MAX_AGENTS = 10_000;

export interface NewsOfLeases {
  add(agentId: string, news: LeaseNews): void;
  /** Each is told once; undefined: there is nothing. */
  take(agentId: string): LeaseNews[] | undefined;
}

export function createNewsOfLeases(): NewsOfLeases {
  const byAgent = new Map<string, LeaseNews[]>();

  return {
    add(agentId, news) {
      const all = byAgent.get(agentId) ?? [];
      all.push(news);
      if (all.length > MAX_NEWS) all.shift();
      byAgent.set(agentId, all);
      const [oldest] = byAgent.keys();
      if (byAgent.size > MAX_AGENTS && oldest !== undefined) byAgent.delete(oldest);
    },
    take(agentId) {
      const all = byAgent.get(agentId);
      if (all !== undefined) byAgent.delete(agentId);
      return all;
    },
  };
}
