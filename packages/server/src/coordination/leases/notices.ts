// What agents have to know of their leases rides on what they are told anyway.

import type { LeaseNews, Notice } from '@tutti/schemas';
import type { Agents } from '../agents-face.ts';

export function withLeaseNews(
  agents: Agents,
  leases: { readonly news: (agentId: string) => LeaseNews[] | undefined },
): Agents {
  const added = (id: string, notice: Notice): Notice => {
    const news = leases.news(id);
    return news === undefined ? notice : { ...notice, leases: news };
  };
  return {
    ...agents,
    notice: async (id, by, holding) => added(id, await agents.notice(id, by, holding)),
  };
}
