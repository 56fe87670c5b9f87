// What Tutti knows of an agent, and what may lead from one phase to another, as data. What the agent says of itself (its
// status) is another thing: it may say anything at any time, and only `offline` and `error` keep work from it.
//
// Two things make a phase: what was decided about the agent (it is settled), and whether it is heard of. Silence hides what
// was decided and does not undo it: an agent that was held back, or is going, is so again when it calls.

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

/** What was decided about it: the phase that it has while it is heard of. */
export type SettledPhase = Exclude<AgentPhase, 'Unknown'>;

export interface AgentState {
  readonly phase: AgentPhase;
  readonly settled: SettledPhase;
}

export interface AgentEdge {
  readonly event: AgentEvent;
  readonly from: readonly AgentPhase[];
  readonly to: readonly AgentPhase[];
}

export const AGENT_EDGES: readonly AgentEdge[] = [
  // Registering again is a new beginning, but for a hold, which is not the agent's to end.
  { event: 'register', from: ['Ready', 'Terminating'], to: ['Ready'] },
  { event: 'register', from: ['NotReady'], to: ['NotReady'] },
  { event: 'register', from: ['Unknown'], to: ['Ready', 'NotReady'] },
  { event: 'silent', from: ['Ready', 'NotReady', 'Terminating'], to: ['Unknown'] },
  { event: 'heard', from: ['Unknown'], to: ['Ready', 'NotReady', 'Terminating'] },
  { event: 'hold', from: ['Ready'], to: ['NotReady'] },
  { event: 'resume', from: ['NotReady'], to: ['Ready'] },
  { event: 'drain', from: ['Ready', 'NotReady'], to: ['Terminating'] },
  // Of one that is not heard of only what it will be is decided.
  { event: 'hold', from: ['Unknown'], to: ['Unknown'] },
  { event: 'resume', from: ['Unknown'], to: ['Unknown'] },
  { event: 'drain', from: ['Unknown'], to: ['Unknown'] },
];

/** What is decided by it, by what was decided before. What silence and calls do is in queries.ts. */
const DECIDES: Readonly<
  Record<Exclude<AgentEvent, 'silent' | 'heard'>, Readonly<Partial<Record<SettledPhase, SettledPhase>>>>
> = {
  register: { Ready: 'Ready', NotReady: 'NotReady', Terminating: 'Ready' },
  hold: { Ready: 'NotReady' },
  resume: { NotReady: 'Ready' },
  drain: { Ready: 'Terminating', NotReady: 'Terminating' },
};

/** The state after it; undefined: it means nothing in this state. */
export function afterDecision(
  { phase, settled }: AgentState,
  event: keyof typeof DECIDES,
): AgentState | undefined {
  const decided = DECIDES[event][settled];
  if (decided === undefined) return undefined;
  const next = phase === 'Unknown' && event !== 'register' ? 'Unknown' : decided;
  return mayBecome(phase, event, next) ? { settled: decided, phase: next } : undefined;
}

function mayBecome(from: AgentPhase, event: AgentEvent, to: AgentPhase): boolean {
  return AGENT_EDGES.some((edge) => edge.event === event && edge.from.includes(from) && edge.to.includes(to));
}
