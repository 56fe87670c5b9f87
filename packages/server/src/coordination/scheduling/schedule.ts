// Who gets what, decided over a snapshot: pure, and the same for the same input. Tasks in their order (rank, then id), each
// to the agent that suits best (score, then id). Slots that are given away count at once.

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
  /** How many agents suited. */
  readonly among: number;
}

export interface ScheduleOptions extends JudgeOptions, ScoreOptions {
  readonly fitnessOf: (agentId: string, classId: string) => number;
}

export function schedule(
  tasks: readonly WaitingTask[],
  agents: readonly WaitingAgent[],
  options: ScheduleOptions,
): readonly Assignment[] {
  const left = new Map(agents.map(({ agent, wants }) => [agent.id, { agent, wants }]));
  const assignments: Assignment[] = [];
  for (const task of tasks.toSorted(byRank)) {
    if (left.size === 0) break;
    const best = bestFor(task, [...left.values()], options);
    if (best === undefined) continue;
    assignments.push({ taskId: task.id, agentId: best.agent.id, score: best.score, among: best.among });
    const { agent, wants } = best;
    if (wants > 1)
      left.set(agent.id, { agent: { ...agent, usedSlots: agent.usedSlots + 1 }, wants: wants - 1 });
    else left.delete(agent.id);
  }
  return assignments;
}

interface Best extends WaitingAgent {
  readonly score: Score;
  readonly among: number;
}

function bestFor(
  { taskClass, preferredTags }: WaitingTask,
  agents: readonly WaitingAgent[],
  options: ScheduleOptions,
): Best | undefined {
  let best: { readonly waiting: WaitingAgent; readonly score: Score } | undefined;
  let among = 0;
  for (const waiting of agents) {
    const { agent } = waiting;
    if (obstacleFor(taskClass, agent, options) !== undefined) continue;
    among += 1;
    const score = scoreOf(preferredTags, agent, options.fitnessOf(agent.id, taskClass.id), options);
    if (best === undefined || isBetter(score, agent.id, best.score, best.waiting.agent.id))
      best = { waiting, score };
  }
  return best === undefined ? undefined : { ...best.waiting, score: best.score, among };
}

function isBetter(score: Score, id: string, best: Score, bestId: string): boolean {
  return score.total > best.total || (score.total === best.total && id < bestId);
}

function byRank(a: WaitingTask, b: WaitingTask): number {
  return a.rankMs - b.rankMs || (a.id < b.id ? -1 : 1);
}
