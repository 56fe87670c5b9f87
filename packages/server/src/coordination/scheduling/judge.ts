// Whether an agent may have a task, and how well it suits. Pure; the scheduler and `why` both ask here, so that what is
// told is what decides.

import type { AgentPhase, AgentStatus } from '@tutti/schemas';
import type { Requirements } from './requirements.ts';

export interface Candidate {
  readonly id: string;
  readonly domain: string;
  readonly capabilities: ReadonlySet<string>;
  readonly tags: ReadonlySet<string>;
  readonly phase: AgentPhase;
  readonly status: AgentStatus;
  readonly maxTasks: number;
  readonly usedSlots: number;
}

/** The first three can't change by waiting for the agent; the others can. */
export const OBSTACLES = ['target', 'domain', 'capabilities', 'tags', 'phase', 'status', 'slots'] as const;
export type AgentObstacle = (typeof OBSTACLES)[number];

const LASTING: readonly AgentObstacle[] = ['target', 'domain', 'capabilities', 'tags'];

/** A scheduler that does not look at domains has one domain for all. */
export interface JudgeOptions {
  readonly domainFiltering: boolean;
}

/** What speaks against giving it to the agent now; undefined: nothing. */
export function obstacleFor(
  wanted: Requirements,
  agent: Candidate,
  { domainFiltering }: JudgeOptions,
): AgentObstacle | undefined {
  if (wanted.target !== null && wanted.target !== agent.id) return 'target';
  if (domainFiltering && wanted.domain !== agent.domain) return 'domain';
  if (!wanted.capabilities.every((capability) => agent.capabilities.has(capability))) return 'capabilities';
  if (!wanted.tags.every((tag) => agent.tags.has(tag))) return 'tags';
  if (agent.phase !== 'Ready') return 'phase';
  if (agent.status === 'offline' || agent.status === 'error') return 'status';
  if (agent.usedSlots >= agent.maxTasks) return 'slots';
  return undefined;
}

/** No waiting helps: the agent is not made for it. */
export function isLasting(obstacle: AgentObstacle): boolean {
  return LASTING.includes(obstacle);
}
