// All registered agents in memory, for judging: who could do what. It follows the store (what this host writes at once,
// what others write when the store's feed says so); who takes a slot asks the store again.

import type { Database } from '../../store/database.ts';
import { isLasting, type Candidate, type JudgeOptions, obstacleFor } from '../scheduling/judge.ts';
import type { Requirements } from '../scheduling/requirements.ts';
import { UNKNOWN_FITNESS } from '../scheduling/score.ts';
import { candidateOf } from './candidate.ts';
import type { AgentRow, AgentTables, FitnessRow, LoadRow } from './agent-row.ts';
import { MAX_FITNESS_ROWS, readFitness } from './fitness-queries.ts';
import { readAgents, readDirectory, readIds, readLoads } from './queries.ts';

/** Agents that are read at once. */
const PAGE_ROWS = 1_000;
/** Commits are seen in another order than their times: what is that old is read again. */
const OVERLAP_MS = 10_000;

export interface KnownAgent {
  readonly row: AgentRow;
  readonly load: LoadRow;
  readonly candidate: Candidate;
}

export interface Directory {
  get(id: string): KnownAgent | undefined;
  all(): Iterable<KnownAgent>;
  readonly size: number;
  /** Agents that are made for it, whether they can take it now or not. */
  suiting(wanted: Requirements, options: JudgeOptions): Iterable<KnownAgent>;
  /** 0 to 1. */
  fitnessOf(agentId: string, classId: string): number;
  /** As it was just written here. */
  put(row: AgentRow): void;
  remove(id: string): void;
  /** Older ones than what is known are left out. */
  putLoad(load: LoadRow): void;
  addFitness(shown: FitnessRow): void;
  /** Reads one again, which another host may have changed or given something. */
  refreshOne(id: string): Promise<void>;
  /** Reads the slots of these again, which other hosts may have given something, or freed. */
  refreshLoads(ids: readonly string[]): Promise<void>;
  /** Reads what others wrote. */
  refresh(): Promise<void>;
  /** Called when an agent came, changed or went, or its load did. */
  subscribe(listener: (id: string, what: 'agent' | 'load') => void): Disposable;
}

export function createDirectory(database: Database<object>): Directory {
  const tables = database.over<AgentTables>();
  const agents = new Map<string, KnownAgent>();
  const byCapability = new Map<string, Set<string>>();
  const fitness = new Map<string, Pick<FitnessRow, 'completed' | 'failed'>>();
  const listeners = new Set<(id: string, what: 'agent' | 'load') => void>();
  let seenMs = 0;

  function put(row: AgentRow, load?: LoadRow): void {
    const known = agents.get(row.id);
    if (known !== undefined) forgetCapabilities(known.candidate);
    const current = newer(load, known?.load) ?? noLoad(row.id);
    const candidate = candidateOf(row, current.used);
    agents.set(row.id, { row, load: current, candidate });
    for (const capability of candidate.capabilities) {
      const holders = byCapability.get(capability);
      if (holders === undefined) byCapability.set(capability, new Set([row.id]));
      else holders.add(row.id);
    }
    if (known === undefined || known.row.version !== row.version)
      for (const listener of listeners) listener(row.id, 'agent');
    else if (current !== known.load) for (const listener of listeners) listener(row.id, 'load');
  }

  function putLoad(load: LoadRow): void {
    const known = agents.get(load.agent_id);
    if (known === undefined || known.load.version >= load.version) return;
    agents.set(load.agent_id, {
      ...known,
      load,
      candidate: { ...known.candidate, usedSlots: load.used },
    });
    for (const listener of listeners) listener(load.agent_id, 'load');
  }

  function remove(id: string): void {
    const known = agents.get(id);
    if (known === undefined) return;
    forgetCapabilities(known.candidate);
    agents.delete(id);
    for (const listener of listeners) listener(id, 'agent');
  }

  function forgetCapabilities({ id, capabilities }: Candidate): void {
    for (const capability of capabilities) {
      const holders = byCapability.get(capability);
      holders?.delete(id);
      if (holders?.size === 0) byCapability.delete(capability);
    }
  }

  /** The smallest set that holds all that have the capabilities. */
  function* possible({ capabilities, target }: Requirements): Iterable<KnownAgent> {
    if (target !== null) {
      const agent = agents.get(target);
      if (agent !== undefined) yield agent;
      return;
    }
    let rarest: ReadonlySet<string> | undefined;
    for (const capability of capabilities) {
      const holders = byCapability.get(capability);
      if (holders === undefined) return;
      if (rarest === undefined || holders.size < rarest.size) rarest = holders;
    }
    if (rarest === undefined) return yield* agents.values();
    for (const id of rarest) {
      const agent = agents.get(id);
      if (agent !== undefined) yield agent;
    }
  }

  return {
    get: (id) => agents.get(id),
    all: () => agents.values(),
    get size() {
      return agents.size;
    },
    *suiting(wanted, options) {
      for (const agent of possible(wanted)) {
        const obstacle = obstacleFor(wanted, agent.candidate, options);
        if (obstacle === undefined || !isLasting(obstacle)) yield agent;
      }
    },
    fitnessOf(agentId, classId) {
      const shown = fitness.get(fitnessKey(agentId, classId));
      if (shown === undefined) return UNKNOWN_FITNESS;
      // As if it had succeeded once and failed once before, so that one outcome does not decide all.
      return (shown.completed + 1) / (shown.completed + shown.failed + 2);
    },
    put: (row) => put(row),
    remove,
    putLoad,
    addFitness({ agent_id, class_id, completed, failed }) {
      const key = fitnessKey(agent_id, class_id);
      const known = fitness.get(key);
      if (known === undefined && fitness.size >= MAX_FITNESS_ROWS)
        for (const oldest of fitness.keys()) {
          fitness.delete(oldest);
          break;
        }
      fitness.set(key, {
        completed: (known?.completed ?? 0) + completed,
        failed: (known?.failed ?? 0) + failed,
      });
    },
    async refreshOne(id) {
      const [[row], [load]] = await Promise.all([readAgents(tables, [id]), readLoads(tables, [id])]);
      if (row === undefined || load === undefined) remove(id);
      else put(row, load);
    },
    async refreshLoads(ids) {
      for (let at = 0; at < ids.length; at += PAGE_ROWS)
        for (const load of await readLoads(tables, ids.slice(at, at + PAGE_ROWS))) putLoad(load);
    },
    async refresh() {
      const isFirst = seenMs === 0;
      let latest = seenMs;
      for (let after = ''; ;) {
        const page = await readDirectory(tables.read, {
          sinceMs: seenMs - OVERLAP_MS,
          after,
          limit: PAGE_ROWS,
        });
        for (const { used, completed, failed, load_version, ...row } of page) {
          put(row, { agent_id: row.id, used, completed, failed, version: load_version });
          latest = Math.max(latest, row.changed_ms);
        }
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE_ROWS) break;
        after = last.id;
      }
      seenMs = latest;
      if (!isFirst) {
        const present = new Set(await readIds(tables.read));
        for (const id of agents.keys()) if (!present.has(id)) remove(id);
        return;
      }
      for (const { agent_id, class_id, completed, failed } of await readFitness(tables.read))
        fitness.set(fitnessKey(agent_id, class_id), { completed, failed });
    },
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}

function newer(one: LoadRow | undefined, other: LoadRow | undefined): LoadRow | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.version > other.version ? one : other;
}

export function noLoad(id: string): LoadRow {
  return { agent_id: id, used: 0, completed: 0, failed: 0, version: 0 };
}

function fitnessKey(agentId: string, classId: string): string {
  return `${classId}\n${agentId}`;
}
