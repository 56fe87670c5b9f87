// What can be done with agents, by whom.

import type {
  AgentPhase,
  AgentRegistration,
  AgentReport,
  ApiAgent,
  Handout,
  LostClaim,
  Notice,
} from '@tutti/schemas';
import type { AgentRow } from './agents/agent-row.ts';
import { agentView } from './agents/agent-view.ts';
import { type AgentRole, allRoles } from './agents/roles.ts';
import { type KnownAgent, noLoad } from './agents/directory.ts';
import { type AgentPage, type AgentQuery, findAgents } from './agents/find.ts';
import { type Caller, isHoldingTasks, unknownAgent } from './agents/registry.ts';
import { createPlacements, type Placements } from './placements.ts';
import { earlierHandout, keepHandout } from './dispatch/handed-once.ts';
import type { WorkListener } from './dispatch/handouts.ts';
import type { Held } from './dispatch/holding.ts';
import { requireServed } from './domains.ts';
import type { Engine } from './engine.ts';
import { SILENT_INTERVALS } from './sweep/sweeper.ts';
import type { Once } from './tasks/book.ts';
import { mailNotice } from './messages/notice.ts';
import { requireAgentName } from './messages/participants.ts';
import type { Mail } from './mail.ts';
import { lostClaim } from './tasks/commands.ts';
import { readHeld, readTask } from './tasks/reads.ts';

/** Claims that are handed back together when an agent leaves. */
const LEAVE_ROWS = 200;
/** How often work is handed back that was given to an agent while it left. */
const MAX_LEAVE_TRIES = 5;

export interface Agents extends Placements {
  /** `card`: what is kept of the card that it comes from. */
  register(registration: AgentRegistration, by: Caller, once?: Once, card?: string): Promise<ApiAgent>;
  report(id: string, report: AgentReport, by: Caller, once?: Once): Promise<ApiAgent>;
  command(id: string, event: 'drain' | 'hold' | 'resume', by: Caller): Promise<ApiAgent>;
  setRole(id: string, role: string, by: Caller, once?: Once): Promise<ApiAgent>;
  /** What each role may do. */
  roles(): readonly AgentRole[];
  /** Its work is handed back, and it is gone. */
  deregister(id: string, by: Caller, once?: Once): Promise<void>;
  /** As this host knows it. Throws where it knows none. */
  get(id: string): ApiAgent;
  /** The same, and one that another host registered a moment ago. */
  look(id: string): Promise<ApiAgent>;
  find(query: AgentQuery): AgentPage;
  /** Any call of an agent: it is alive. Rejects where there is no such agent, or it is not the caller's. */
  alive(id: string, by: Caller): Promise<void>;
  /** How many there are of each domain and phase. */
  count(): readonly AgentCount[];
  /** Any call of an agent: it is alive. What it has to know. What it says that it holds is acknowledged; what of it it does
   *  not hold any more is told as lost, each time. */
  notice(id: string, by: Caller, holding?: readonly Held[]): Promise<Notice>;
  held(id: string, by: Caller): Promise<readonly Handout[]>;
  /** Undefined: there was nothing within the time. Rejects with the signal's reason. */
  next(
    id: string,
    waitMs: number,
    by: Caller,
    signal: AbortSignal,
    once?: Once,
  ): Promise<Handout | undefined>;
  /** Up to `slots` tasks at once (default: as many as it does at once), until it is disposed of. Of an agent that this host
   *  knows (`alive`). */
  watch(id: string, slots: number | undefined, by: Caller, listener: WorkListener): Disposable;
}

export interface AgentCount {
  readonly domain: string;
  readonly phase: AgentPhase;
  readonly count: number;
}

export function createAgents(engine: Engine, mail: Pick<Mail, 'board' | 'agentGone'>): Agents {
  const { database, clock, directory, registry, beats, ledger, handouts, losses, duties, holding, events } =
    engine;
  const { agentsChanged, declaredRoles, domains, requirePermission, view } = engine;

  function requireAgent(id: string): KnownAgent {
    const known = directory.get(id);
    if (known === undefined) throw unknownAgent(id);
    return known;
  }

  function show(id: string): ApiAgent {
    const known = requireAgent(id);
    return agentView(known, beats.lastMs(id) ?? known.row.changed_ms);
  }

  /** As it was written, which for a repeated request was then. */
  function showRow(row: AgentRow): ApiAgent {
    const load = directory.get(row.id)?.load ?? noLoad(row.id);
    return agentView({ row, load }, beats.lastMs(row.id) ?? row.changed_ms);
  }

  async function changed(change: Promise<AgentRow>): Promise<ApiAgent> {
    const row = await change;
    agentsChanged();
    return showRow(row);
  }

  async function requireHeard(id: string, by: Caller): Promise<AgentRow> {
    await registry.meet(id);
    return registry.heard(id, by);
  }

  /** What was lost is told once; what it says that it holds and does not, each time that it says so. */
  function lossesOf(id: string, stale: readonly LostClaim[]): LostClaim[] {
    const isStale = ({ task_id, claim }: LostClaim): boolean =>
      stale.some((one) => one.task_id === task_id && one.claim === claim);
    return [...losses.take(id).filter((loss) => !isStale(loss)), ...stale];
  }

  async function handBackAll(id: string): Promise<void> {
    for (;;) {
      const held = await readHeld(database, [id], LEAVE_ROWS);
      await Promise.all(
        held.map(({ id: taskId, claim }) => ledger.submit(lostClaim(taskId, claim, `its agent ${id} left`))),
      );
      if (held.length < LEAVE_ROWS) return;
    }
  }

  return {
    ...createPlacements(engine),
    async register(registration, by, once, card) {
      requireServed(domains(), registration.domain);
      requireAgentName(registration.id);
      const row = await registry.register(registration, by, once, card);
      events.agentChanged(row, 'registered');
      agentsChanged();
      return showRow(row);
    },
    async report(id, report, by, once) {
      const shown = await changed(registry.report(id, report, by, once));
      if (directory.get(id) !== undefined) registry.heard(id, by);
      return shown;
    },
    async command(id, event, by) {
      const shown = await changed(registry.command(id, event, by));
      // That it goes it says itself; the rest others decide about it.
      if (event === 'drain' && shown.owner === by.id && directory.get(id) !== undefined)
        registry.heard(id, by);
      return shown;
    },
    async setRole(id, role, by, once) {
      requirePermission(by, 'assign_roles');
      return await changed(registry.setRole(id, role, by, once));
    },
    roles: () => allRoles(declaredRoles()),
    async deregister(id, by, once) {
      if (await registry.wasRemoved(once)) return;
      const row = await requireHeard(id, by);
      for (let attempt = 1; ; attempt++) {
        await registry.command(id, 'drain', by);
        await handBackAll(id);
        try {
          await registry.remove(id, by, once);
          break;
        } catch (error) {
          // It was given something meanwhile: it goes back, too.
          if (!isHoldingTasks(error) || attempt === MAX_LEAVE_TRIES) throw error;
        }
      }
      await mail.agentGone(id);
      events.agentChanged(row, 'removed');
      agentsChanged();
    },
    get: show,
    async look(id) {
      await registry.meet(id);
      return show(id);
    },
    count() {
      const counts = new Map<string, AgentCount>();
      for (const { row } of directory.all()) {
        const { domain, phase } = row;
        const key = `${phase} ${domain}`;
        counts.set(key, { domain, phase, count: (counts.get(key)?.count ?? 0) + 1 });
      }
      return [...counts.values()];
    },
    find: (query) => findAgents(directory, beats, clock.nowMs(), query),
    async alive(id, by) {
      await requireHeard(id, by);
    },
    async notice(id, by, holds = []) {
      const { heartbeat_ms: heartbeatMs } = await requireHeard(id, by);
      const agent = { id, silentMs: SILENT_INTERVALS * heartbeatMs };
      const stale = holds.length === 0 ? [] : await holding.check(agent, holds);
      return { ...mailNotice(mail.board.get(id)), ...(await duties.of(id)), lost: lossesOf(id, stale) };
    },
    async held(id, by) {
      await requireHeard(id, by);
      return await handouts.held(id);
    },
    async next(id, waitMs, by, signal, once) {
      await requireHeard(id, by);
      requirePermission({ ...by, agentId: id }, 'take');
      const earlier = once === undefined ? undefined : await earlierHandout(database, once);
      if (earlier !== undefined) {
        const row = await readTask(database.read, earlier.taskId);
        if (row !== undefined) return { task: await view(row), claim: earlier.claim };
      }
      const handout = await handouts.next(id, waitMs, signal);
      if (once !== undefined && handout !== undefined)
        await keepHandout(database, once, { taskId: handout.task.id, claim: handout.claim });
      return handout;
    },
    watch(id, slots, by, listener) {
      const row = registry.heard(id, by);
      requirePermission({ ...by, agentId: id }, 'take');
      return handouts.watch(id, Math.min(slots ?? row.max_tasks, row.max_tasks), listener);
    },
  };
}
