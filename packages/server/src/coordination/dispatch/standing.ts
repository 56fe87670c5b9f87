// The agents that wait, the best first for each kind of task. It is kept from one look to the next: a look costs the agents
// that it takes, and a change of an agent the kinds that are kept, not all agents.

import { createHeap, type Heap } from '../../kernel/heap.ts';
import { type Candidate, type JudgeOptions, obstacleFor } from '../scheduling/judge.ts';
import type { TaskClass } from '../scheduling/requirements.ts';
import { isBetter, type Placed, type WaitingAgent } from '../scheduling/schedule.ts';
import { type Score, scoreOf, type ScoreOptions } from '../scheduling/score.ts';

/** Kinds that are kept; the one looked at longest ago goes. */
const MAX_KINDS = 256;
/** Places in a heap for each agent that stands in it, before it is made anew. */
const MAX_STALE = 4;

/** Tasks that the same agents suit equally well. */
export interface Kind {
  readonly taskClass: TaskClass;
  readonly preferredTags: readonly string[];
}

export interface Standing {
  /** The best so many, best first. */
  best(kind: Kind, count: number): readonly WaitingAgent[];
  /** How many suit. */
  count(kind: Kind): number;
  /** How well one suits now; undefined: it does not, or does not wait. */
  scoreOf(kind: Kind, agentId: string): Score | undefined;
  /** Something about the agent changed. */
  touch(agentId: string): void;
}

export interface StandingDeps {
  /** Undefined: it does not want any. */
  readonly waiting: (agentId: string) => WaitingAgent | undefined;
  /** Those that could suit, among them all that wait and do. */
  readonly candidates: (taskClass: TaskClass) => Iterable<Candidate>;
  readonly options: () => JudgeOptions & ScoreOptions;
  readonly fitnessOf: (agentId: string, classId: string) => number;
}

interface Row extends Kind {
  readonly places: Map<string, Placed>;
  /** Holds places that are not the agent's any more, too. */
  heap: Heap<Placed>;
}

export function createStanding({ waiting, candidates, options, fitnessOf }: StandingDeps): Standing {
  const rows = new Map<string, Row>();
  let judgedBy: (JudgeOptions & ScoreOptions) | undefined;

  function score({ taskClass, preferredTags }: Kind, agentId: string): Score | undefined {
    const known = waiting(agentId);
    if (known === undefined || obstacleFor(taskClass, known.agent, options()) !== undefined) return undefined;
    return scoreOf(preferredTags, known.agent, fitnessOf(agentId, taskClass.id), options());
  }

  function rowOf(kind: Kind): Row {
    const now = options();
    if (judgedBy?.domainFiltering !== now.domainFiltering || judgedBy.loadBalancing !== now.loadBalancing) {
      judgedBy = { ...now };
      rows.clear();
    }
    const key = JSON.stringify([kind.taskClass.id, kind.preferredTags]);
    const row = rows.get(key) ?? made(kind);
    rows.delete(key);
    rows.set(key, row);
    const [oldest] = rows.keys();
    if (rows.size > MAX_KINDS && oldest !== undefined) rows.delete(oldest);
    return row;
  }

  function made(kind: Kind): Row {
    const places = new Map<string, Placed>();
    for (const { id } of candidates(kind.taskClass)) {
      const scored = score(kind, id);
      if (scored !== undefined) places.set(id, { id, score: scored });
    }
    const { taskClass, preferredTags } = kind;
    return { taskClass, preferredTags, places, heap: createHeap(isBetter, [...places.values()]) };
  }

  function place(row: Row, id: string): void {
    const scored = score(row, id);
    if (scored === undefined) {
      row.places.delete(id);
      return;
    }
    if (row.places.get(id)?.score.total === scored.total) return;
    const placed = { id, score: scored };
    row.places.set(id, placed);
    row.heap.push(placed);
    if (row.heap.size > MAX_STALE * (row.places.size + MAX_STALE))
      row.heap = createHeap(isBetter, [...row.places.values()]);
  }

  return {
    best(kind, count) {
      const row = rowOf(kind);
      const taken: Placed[] = [];
      const found: WaitingAgent[] = [];
      while (found.length < count) {
        const first = row.heap.pop();
        if (first === undefined) break;
        if (row.places.get(first.id) !== first) continue;
        const known = waiting(first.id);
        if (known === undefined || score(row, first.id)?.total !== first.score.total) {
          row.places.delete(first.id);
          place(row, first.id);
          continue;
        }
        taken.push(first);
        found.push(known);
      }
      for (const one of taken) row.heap.push(one);
      return found;
    },
    count: (kind) => rowOf(kind).places.size,
    scoreOf: score,
    touch(agentId) {
      for (const row of rows.values()) place(row, agentId);
    },
  };
}
