// Which agent a caller of the gateway is, and what that agent has to know: the one in whose name the session called a tool
// of Tutti last, else the only one that its principal registered. All of it from memory.

import type { Messages } from '../../../coordination/messages-face.ts';
import type { Notices } from '../../../gateway/ports.ts';
import { INSTANCE_ADMIN, LOCAL } from '../../../policy/principal.ts';

/** Sessions that are known to be an agent's; the oldest go first. */
export const MAX_AGENT_SESSIONS = 10_000;

export interface AgentNotices extends Notices {
  /** The session acts in the name of the agent. */
  bind(sessionKey: string | undefined, agentId: string): void;
}

/** Names that stand for whoever is at this machine: only their sessions tell agents from people. */
const SHARED: ReadonlySet<string> = new Set([LOCAL.id, INSTANCE_ADMIN.id]);

type Caller = Parameters<Notices['isAgent']>[0];

export function createNotices(
  messages: Pick<Messages, 'noticeFor' | 'onlyAgentOf' | 'isOwner'>,
): AgentNotices {
  const bySession = new Map<string, string>();

  function agentOf({ principal, sessionKey }: Caller): string | undefined {
    const bound = sessionKey === undefined ? undefined : bySession.get(sessionKey);
    if (bound !== undefined && messages.isOwner(bound, principal)) return bound;
    return SHARED.has(principal) ? undefined : messages.onlyAgentOf(principal);
  }

  return {
    bind(sessionKey, agentId) {
      if (sessionKey === undefined || bySession.get(sessionKey) === agentId) return;
      bySession.delete(sessionKey);
      bySession.set(sessionKey, agentId);
      const [oldest] = bySession.keys();
      if (bySession.size > MAX_AGENT_SESSIONS && oldest !== undefined) bySession.delete(oldest);
    },
    isAgent: (caller) => agentOf(caller) !== undefined,
    of(caller) {
      const agentId = agentOf(caller);
      const notice = agentId === undefined ? undefined : messages.noticeFor(agentId);
      return notice === undefined ? undefined : JSON.stringify({ agent_id: agentId, ...notice });
    },
  };
}
