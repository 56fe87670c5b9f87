// What can be done with agents, by whom.

import type { AgentRegistration, AgentReport, ApiAgent, Handout, Notice } from '@tutti/schemas';
import type { AgentRow } from './agents/agent-row.ts';
import { agentView } from './agents/agent-view.ts';
import type { KnownAgent } from './agents/directory.ts';
import { type AgentPage, type AgentQuery, findAgents } from './agents/find.ts';
import { type Caller, unknownAgent } from './agents/registry.ts';
import type { WorkListener } from './dispatch/handouts.ts';
import type { Engine } from './engine.ts';
import { lostClaim } from './tasks/commands.ts';
import { readHeld } from './tasks/reads.ts';

/** Claims that are handed back together when an agent leaves. */
const LEAVE_ROWS = 200;

export interface Agents {
  register(registration: AgentRegistration, by: Caller): Promise<ApiAgent>;
  report(id: string, report: AgentReport, by: Caller): Promise<ApiAgent>;
  command(id: string, event: 'drain' | 'hold' | 'resume', by: Caller): Promise<ApiAgent>;
  setRole(id: string, role: string, by: Caller): Promise<ApiAgent>;
  /** Its work is handed back, and it is gone. */
  deregister(id: string, by: Caller): Promise<void>;
  get(id: string): ApiAgent;
  find(query: AgentQuery): AgentPage;
  /** Any call of an agent: it is alive. What it has to know. */
  heard(id: string, by: Caller): Notice;
  held(id: string, by: Caller): Promise<readonly Handout[]>;
  /** Undefined: there was nothing within the time. Rejects with the signal's reason. */
  next(id: string, waitMs: number, by: Caller, signal: AbortSignal): Promise<Handout | undefined>;
  /** Up to `slots` tasks at once (default: as many as it does at once), until it is disposed of. */
  watch(id: string, slots: number | undefined, by: Caller, listener: WorkListener): Disposable;
}

export function createAgents(engine: Engine): Agents {
  const { database, clock, directory, registry, beats, ledger, handouts, losses, events, agentsChanged } =
    engine;

  function requireAgent(id: string): KnownAgent {
    const known = directory.get(id);
    if (known === undefined) throw unknownAgent(id);
    return known;
  }

  function show(id: string): ApiAgent {
    const known = requireAgent(id);
    return agentView(known, beats.lastMs(id) ?? known.row.changed_ms);
  }

  async function changed(change: Promise<AgentRow>): Promise<ApiAgent> {
    const row = await change;
    beats.touch(row, row.phase === 'Unknown');
    agentsChanged();
    return show(row.id);
  }

  return {
    async register(registration, by) {
      const row = await registry.register(registration, by);
      events.agentChanged(row, 'registered');
      agentsChanged();
      return show(row.id);
    },
    report: (id, report, by) => changed(registry.report(id, report, by)),
    command: (id, event, by) => changed(registry.command(id, event, by)),
    setRole: (id, role, by) => changed(registry.setRole(id, role, by)),
    async deregister(id, by) {
      registry.heard(id, by);
      const { row } = requireAgent(id);
      await registry.command(id, 'drain', by);
      for (;;) {
        const held = await readHeld(database.read, [id], LEAVE_ROWS);
        await Promise.all(
          held.map(({ id: taskId, claim }) =>
            ledger.submit(lostClaim(taskId, claim, `its agent ${id} left`)),
          ),
        );
        if (held.length < LEAVE_ROWS) break;
      }
      await registry.remove(id, by);
      events.agentChanged(row, 'removed');
      agentsChanged();
    },
    get: show,
    find: (query) => findAgents(directory, beats, clock.nowMs(), query),
    heard(id, by) {
      registry.heard(id, by);
      return { unread: 0, offered: [], lost: [...losses.take(id)] };
    },
    async held(id, by) {
      registry.heard(id, by);
      return await handouts.held(id);
    },
    async next(id, waitMs, by, signal) {
      registry.heard(id, by);
      return await handouts.next(id, waitMs, signal);
    },
    watch(id, slots, by, listener) {
      const row = registry.heard(id, by);
      return handouts.watch(id, Math.min(slots ?? row.max_tasks, row.max_tasks), listener);
    },
  };
}
