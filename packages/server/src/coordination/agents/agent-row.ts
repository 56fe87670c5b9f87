// An agent as the store has it.

import type { AgentPhase, AgentStatus } from '@tutti/schemas';
import type { SettledPhase } from './agent-machine.ts';

export interface AgentRow {
  id: string;
  owner: string;
  name: string;
  role: string;
  /** The principal that gave it its role; null: it came with it. */
  role_by: string | null;
  model_type: string;
  model_version: string;
  domain: string;
  group_name: string | null;
  capabilities: string;
  tags: string;
  resources: string;
  max_tasks: number;
  heartbeat_ms: number;
  status: AgentStatus;
  phase: AgentPhase;
  phase_reason: string | null;
  /** The phase that it has while it is heard of, and why. */
  settled_phase: SettledPhase;
  settled_reason: string | null;
  current_task: string | null;
  progress: number | null;
  error_info: string | null;
  plan_summary: string | null;
  registered_ms: number;
  changed_ms: number;
  version: number;
}

/** A row that was kept as the answer to a request; undefined: it is none. */
export function agentRow(value: unknown): AgentRow | undefined {
  return isAgentRow(value) ? value : undefined;
}

function isAgentRow(value: unknown): value is AgentRow {
  return typeof value === 'object' && value !== null && 'id' in value && 'owner' in value && 'phase' in value;
}

/** The slots that it uses, and what it has done. */
export interface LoadRow {
  agent_id: string;
  used: number;
  completed: number;
  failed: number;
  /** Grows with each change. */
  version: number;
}

export interface BeatRow {
  agent_id: string;
  at_ms: number;
}

/** A sum of what was shown grows no further: it stays exact. */
export const MAX_SHOWN_AMOUNT = 2 ** 50;

/** What it has shown with tasks of one class. */
export interface FitnessRow {
  agent_id: string;
  class_id: string;
  completed: number;
  failed: number;
  total_ms: number;
  /** Of the attempts whose agent said what they used. */
  cost_micros: number;
  tokens: number;
  /** How many these are. */
  metered: number;
  /** When one ended last. */
  seen_ms: number;
}

/** As it is kept: what an agent that left had shown is still there when its principal registers it again. */
export interface KeptFitnessRow extends FitnessRow {
  /** Of an agent that left: the principal that it belonged to. Null: it is registered. */
  owner: string | null;
}

/** What an imported card held beside the registration. */
export interface CardRow {
  agent_id: string;
  card: string;
}

export interface AgentTables {
  agents_agents: AgentRow;
  agents_beats: BeatRow;
  agents_loads: LoadRow;
  agents_fitness: KeptFitnessRow;
  agents_cards: CardRow;
}
