// What Tutti knows of an agent, and what may lead from one phase to another, as data. What the agent says of itself (its
// status) is another thing: it may say anything at any time, and only `offline` and `error` keep work from it.

import type { AgentPhase } from '@tutti/schemas';

export const AGENT_EVENTS = [
  'register',
  /** Nothing was heard of it for too long. */
  'silent',
  /** It was heard of again. */
  'heard',
  /** Somebody holds it back, or lets it go on. */
  'hold',
  'resume',
  /** It is going: it gets nothing new. */
  'drain',
] as const;

export type AgentEvent = (typeof AGENT_EVENTS)[number];

export interface AgentEdge {
  readonly event: AgentEvent;
  readonly from: readonly AgentPhase[];
  readonly to: AgentPhase;
}

export const AGENT_EDGES: readonly AgentEdge[] = [
  // Registering again is a new beginning, whatever was before.
  { event: 'register', from: ['Ready', 'NotReady', 'Unknown', 'Terminating'], to: 'Ready' },
  { event: 'silent', from: ['Ready', 'NotReady', 'Terminating'], to: 'Unknown' },
  { event: 'heard', from: ['Unknown'], to: 'Ready' },
  { event: 'hold', from: ['Ready', 'Unknown'], to: 'NotReady' },
  { event: 'resume', from: ['NotReady'], to: 'Ready' },
  { event: 'drain', from: ['Ready', 'NotReady', 'Unknown'], to: 'Terminating' },
];

/** The phase after it; undefined: it means nothing in this phase. */
export function nextPhase(from: AgentPhase, event: AgentEvent): AgentPhase | undefined {
  return AGENT_EDGES.find((edge) => edge.event === event && edge.from.includes(from))?.to;
}
