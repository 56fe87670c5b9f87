// Agents whose person is being asked through their client can't say that they are alive meanwhile: they count as alive until
// the answer comes, or until it is too late for one.

import type { AgentCall } from './agent-tool.ts';

/** The longest between two signs of life; an agent that promised more gives more. */
const MAX_BEAT_MS = 10_000;
/** Agents that are waited for at once; of one more nothing is said. */
const MAX_AGENTS = 10_000;

export interface Patience {
  begin(agentId: string, untilMs: number, call: AgentCall): void;
  end(agentId: string): void;
}

export function createPatience(): Patience {
  const timers = new Map<string, Disposable>();

  function end(agentId: string): void {
    timers.get(agentId)?.[Symbol.dispose]();
    timers.delete(agentId);
  }

  return {
    begin(agentId, untilMs, { agents, caller, deps: { clock } }) {
      end(agentId);
      const beat = (): void => {
        timers.delete(agentId);
        if (clock.nowMs() >= untilMs || timers.size >= MAX_AGENTS) return;
        try {
          const beatMs = Math.min(MAX_BEAT_MS, agents.get(agentId).heartbeatInterval * 1_000);
          timers.set(agentId, clock.after(beatMs, beat));
        } catch {
          // It is gone.
          return;
        }
        agents.alive(agentId, caller).catch(() => end(agentId));
      };
      beat();
    },
    end,
  };
}
