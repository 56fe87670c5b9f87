// Why a task is not given to anybody: what speaks against each agent, counted. Pure; judged as the scheduler judges.

import { type AgentObstacle, type Candidate, type JudgeOptions, obstacleFor, OBSTACLES } from './judge.ts';
import type { Requirements } from './requirements.ts';

export interface Findings {
  /** Agents that could take it now. */
  readonly free: number;
  /** How many agents each obstacle keeps from it; each agent counts once. */
  readonly obstacles: Readonly<Partial<Record<AgentObstacle, number>>>;
  /** Agents that are made for it, whether they can take it now or not. */
  readonly suiting: number;
}

export function findingsFor(
  wanted: Requirements,
  agents: Iterable<Candidate>,
  options: JudgeOptions,
): Findings {
  const obstacles: Partial<Record<AgentObstacle, number>> = {};
  let free = 0;
  let suiting = 0;
  for (const agent of agents) {
    const obstacle = obstacleFor(wanted, agent, options);
    if (obstacle === undefined) free += 1;
    else obstacles[obstacle] = (obstacles[obstacle] ?? 0) + 1;
    if (obstacle === undefined || !LASTING.has(obstacle)) suiting += 1;
  }
  return { free, obstacles, suiting };
}

const LASTING: ReadonlySet<AgentObstacle> = new Set(OBSTACLES.slice(0, OBSTACLES.indexOf('phase')));

const WORDS: Readonly<Record<AgentObstacle, (wanted: Requirements) => string>> = {
  target: ({ target }) => `are not ${target}, whom it is for`,
  domain: ({ domain }) => `are of another domain than ${domain}`,
  capabilities: ({ capabilities }) => `do not have all of ${capabilities.join(', ')}`,
  tags: ({ tags }) => `do not have all tags of ${tags.join(', ')}`,
  phase: () => 'are not ready',
  status: () => 'are offline or in error',
  slots: () => 'have no free slot',
};

/** One line for people. */
export function describeFindings(wanted: Requirements, { free, obstacles }: Findings): string {
  const parts = OBSTACLES.flatMap((obstacle) => {
    const count = obstacles[obstacle];
    return count === undefined ? [] : [`${count} ${WORDS[obstacle](wanted)}`];
  });
  if (free > 0) parts.unshift(`${free} could take it and do not ask for work now`);
  return parts.length === 0 ? 'no agent is registered' : parts.join('; ');
}
