// Who gets what, decided over a snapshot: pure, and the same for the same input. Tasks in their order (rank, then id), each
// to the agent that suits best (score, then id). Slots that are given away count at once.
//
// Tasks that want the same share one line of agents, the best first. An agent only gets worse as it is given tasks, so that
// the first of a line whose score still holds is the best there is: a task costs the agents that are looked at again, not
// all of them.

import { createHeap, type Heap } from '../../kernel/heap.ts';
import { type Candidate, type JudgeOptions, obstacleFor } from './judge.ts';
import type { TaskClass } from './requirements.ts';
import { type Score, scoreOf, type ScoreOptions } from './score.ts';

export interface WaitingTask {
  readonly id: string;
  readonly rankMs: number;
  readonly taskClass: TaskClass;
  readonly preferredTags: readonly string[];
}

/** An agent that wants work now. */
export interface WaitingAgent {
  readonly agent: Candidate;
  /** How many tasks it would take now; beside its slots. */
  readonly wants: number;
}

export interface Assignment {
  readonly taskId: string;
  readonly agentId: string;
  readonly score: Score;
}

export interface ScheduleOptions extends JudgeOptions, ScoreOptions {
  readonly fitnessOf: (agentId: string, classId: string) => number;
}

export function schedule(
  tasks: readonly WaitingTask[],
  agents: readonly WaitingAgent[],
  options: ScheduleOptions,
): readonly Assignment[] {
  const state = new Map(agents.map(({ agent, wants }) => [agent.id, { agent, wants }]));
  const lines = new Map<string, Heap<Placed>>();
  const assignments: Assignment[] = [];

  /** Undefined: it is not to have such a task any more. */
  function judge({ taskClass, preferredTags }: WaitingTask, id: string): Placed | undefined {
    const waiting = state.get(id);
    if (waiting === undefined || waiting.wants === 0) return undefined;
    const { agent } = waiting;
    if (obstacleFor(taskClass, agent, options) !== undefined) return undefined;
    return { id, score: scoreOf(preferredTags, agent, options.fitnessOf(id, taskClass.id), options) };
  }

  function lineOf(task: WaitingTask): Heap<Placed> {
    const key = JSON.stringify([task.taskClass.id, task.preferredTags]);
    const known = lines.get(key);
    if (known !== undefined) return known;
    const entries = agents.map(({ agent }) => judge(task, agent.id)).filter((entry) => entry !== undefined);
    const line = createHeap(isBetter, entries);
    lines.set(key, line);
    return line;
  }

  for (const task of tasks.toSorted(byRank)) {
    const line = lineOf(task);
    for (let first = line.pop(); first !== undefined; first = line.pop()) {
      const now = judge(task, first.id);
      if (now === undefined) continue;
      if (now.score.total !== first.score.total) {
        line.push(now);
        continue;
      }
      assignments.push({ taskId: task.id, agentId: now.id, score: now.score });
      give(state, now.id);
      const left = judge(task, now.id);
      if (left !== undefined) line.push(left);
      break;
    }
  }
  return assignments;
}

/** An agent and how well it suits. */
export interface Placed {
  readonly id: string;
  readonly score: Score;
}

function give(state: Map<string, WaitingAgent>, id: string): void {
  const waiting = state.get(id);
  if (waiting === undefined) return;
  const { agent, wants } = waiting;
  state.set(id, { agent: { ...agent, usedSlots: agent.usedSlots + 1 }, wants: wants - 1 });
}

/** Of two agents for the same task. */
export function isBetter(a: Placed, b: Placed): boolean {
  return a.score.total > b.score.total || (a.score.total === b.score.total && a.id < b.id);
}

/** The order in which tasks stand in line. */
export function byRank(a: WaitingTask, b: WaitingTask): number {
  return a.rankMs - b.rankMs || (a.id < b.id ? -1 : 1);
}
