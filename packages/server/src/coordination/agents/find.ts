// Looks for agents among those that are registered.

import type { AgentStatus, ApiAgent } from '@tutti/schemas';
import { agentView } from './agent-view.ts';
import type { Beats } from './beats.ts';
import type { Directory, KnownAgent } from './directory.ts';

export interface AgentPage {
  readonly items: readonly ApiAgent[];
  /** The id after which to go on. */
  readonly nextCursor?: string | undefined;
}

export interface AgentQuery {
  /** All of them. */
  readonly capabilities?: readonly string[] | undefined;
  readonly role?: string | undefined;
  readonly statuses?: readonly AgentStatus[] | undefined;
  readonly modelType?: string | undefined;
  readonly group?: string | undefined;
  readonly domain?: string | undefined;
  readonly activeWithinSeconds?: number | undefined;
  readonly limit: number;
  /** The id after which to go on. */
  readonly cursor?: string | undefined;
}

/** By id. */
export function findAgents(
  directory: Directory,
  beats: Pick<Beats, 'lastMs'>,
  nowMs: number,
  query: AgentQuery,
): AgentPage {
  const heardMs = ({ row }: KnownAgent): number => beats.lastMs(row.id) ?? row.changed_ms;
  const found = [...directory.all()]
    .filter((agent) => fits(agent, query, nowMs - heardMs(agent)))
    .toSorted((a, b) => (a.row.id < b.row.id ? -1 : 1));
  const items = found.slice(0, query.limit).map((agent) => agentView(agent, heardMs(agent)));
  return { items, nextCursor: found.length > query.limit ? items.at(-1)?.id : undefined };
}

function fits({ row, candidate }: KnownAgent, query: AgentQuery, silentMs: number): boolean {
  const { capabilities = [], role, statuses, modelType, group, domain, activeWithinSeconds, cursor } = query;
  return (
    capabilities.every((capability) => candidate.capabilities.has(capability)) &&
    (role === undefined || row.role === role) &&
    (statuses === undefined || statuses.includes(row.status)) &&
    (modelType === undefined || row.model_type === modelType) &&
    (group === undefined || row.group_name === group) &&
    (domain === undefined || row.domain === domain) &&
    (activeWithinSeconds === undefined || silentMs <= activeWithinSeconds * 1_000) &&
    (cursor === undefined || row.id > cursor)
  );
}
