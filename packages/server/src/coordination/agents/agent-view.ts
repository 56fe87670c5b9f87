// An agent as callers see it.

import { AgentResourcesSchema, type ApiAgent } from '@tutti/schemas';
import { wordsOf } from './candidate.ts';
import type { KnownAgent } from './directory.ts';

export function agentView({ row, load }: Pick<KnownAgent, 'row' | 'load'>, lastHeardMs: number): ApiAgent {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    model_type: row.model_type,
    model_version: row.model_version,
    capabilities: [...wordsOf(row.capabilities)],
    tags: [...wordsOf(row.tags)],
    domain: row.domain,
    group: row.group_name ?? undefined,
    owner: row.owner,
    status: row.status,
    phase: row.phase,
    phase_reason: row.phase_reason ?? undefined,
    current_task: row.current_task ?? undefined,
    progress_metric: row.progress ?? undefined,
    error_info: row.error_info ?? undefined,
    current_plan_summary: row.plan_summary ?? undefined,
    maxConcurrentTasks: row.max_tasks,
    heartbeatInterval: row.heartbeat_ms / 1_000,
    resources: AgentResourcesSchema.parse(JSON.parse(row.resources)),
    current_tasks: load.used,
    registered_at: new Date(row.registered_ms).toISOString(),
    last_heartbeat: new Date(lastHeardMs).toISOString(),
    completed: load.completed,
    failed: load.failed,
  };
}
