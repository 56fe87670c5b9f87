// Claims that agents lost without having said so themselves, until they are told. In memory: an agent that is not told
// hears it with its next report, which is refused.

import type { LostClaim } from '@tutti/schemas';
import type { Transition } from '../tasks/transitions.ts';

/** Of one agent; the oldest go first. */
const MAX_LOSSES = 100;
/** Agents that something is kept for; the oldest go first. */
const MAX_AGENTS = 10_000;

/** What the holder itself did not do. */
const BY_OTHERS: readonly Transition['event'][] = ['expire', 'cancel', 'give_up', 'fail', 'reassign'];

/** What the holder of a task lost by this change; undefined: nothing that it does not know. */
export function lossOf(transition: Transition): (LostClaim & { readonly agentId: string }) | undefined {
  const { before, after, event, detail } = transition;
  if (before?.agent_id == null || before.assigned_ms === null || !BY_OTHERS.includes(event)) return undefined;
  // The agent itself said that it failed.
  if (event === 'fail' && detail['code'] === 'agent_failed') return undefined;
  return {
    agentId: before.agent_id,
    task_id: after.id,
    claim: before.claim,
    reason: after.message ?? after.status,
  };
}

export interface Losses {
  add(agentId: string, loss: LostClaim): void;
  /** Each is told once. */
  take(agentId: string): readonly LostClaim[];
}

export function createLosses(): Losses {
  const byAgent = new Map<string, LostClaim[]>();

  return {
    add(agentId, loss) {
      const losses = byAgent.get(agentId) ?? [];
      losses.push(loss);
      if (losses.length > MAX_LOSSES) losses.shift();
      byAgent.set(agentId, losses);
      const [oldest] = byAgent.keys();
      if (byAgent.size > MAX_AGENTS && oldest !== undefined) byAgent.delete(oldest);
    },
    take(agentId) {
      const losses = byAgent.get(agentId) ?? [];
      byAgent.delete(agentId);
      return losses;
    },
  };
}
