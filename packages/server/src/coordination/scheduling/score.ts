// How well an agent that may have a task suits it. The parts are kept with the claim, so that `why` can tell them.

import type { Candidate } from './judge.ts';

const PER_FREE_SLOT = 5;
const PER_PREFERRED_TAG = 10;
/** For an agent that never failed at this class; as much as two preferred tags. */
const FITNESS = 20;
/** Before it has shown anything. */
export const UNKNOWN_FITNESS = 0.5;

export interface Score {
  readonly free: number;
  readonly preferred: number;
  readonly fitness: number;
  readonly total: number;
}

export interface ScoreOptions {
  /** Whether free slots count. */
  readonly loadBalancing: boolean;
}

/** `fitness`: 0 to 1, the measured share of this class's tasks that it completed. */
export function scoreOf(
  preferredTags: readonly string[],
  agent: Candidate,
  fitness: number,
  { loadBalancing }: ScoreOptions,
): Score {
  const free = loadBalancing ? PER_FREE_SLOT * (agent.maxTasks - agent.usedSlots) : 0;
  const preferred = PER_PREFERRED_TAG * preferredTags.filter((tag) => agent.tags.has(tag)).length;
  const fit = FITNESS * fitness;
  return { free, preferred, fitness: fit, total: free + preferred + fit };
}
