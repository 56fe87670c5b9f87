// Tasks and agents as the tools show them: the parts that go into an answer, and their words.

import { ApiAgentSchema, type ApiTask, ApiTaskSchema } from '@tutti/schemas';
import type { z } from 'zod';

/** Characters of JSON that a text shows of a payload; the structured content has all of it. */
const MAX_JSON_CHARS = 8_000;

/** Where what a task carries is known already. */
export const TaskBriefSchema = ApiTaskSchema.pick({
  id: true,
  description: true,
  parent_task_id: true,
  priority: true,
  status: true,
  reason: true,
  message: true,
  assigned_agent_id: true,
  claim: true,
  progress: true,
  attempts: true,
  error: true,
  dead_letter: true,
  created_at: true,
  not_before: true,
  ended_at: true,
});

export type TaskState = z.infer<typeof TaskStateSchema>;

/** After a report: what it knows already is left out. */
export const TaskStateSchema = TaskBriefSchema.pick({
  id: true,
  status: true,
  reason: true,
  message: true,
  assigned_agent_id: true,
  claim: true,
  progress: true,
  error: true,
  not_before: true,
});

/** To the agent itself. */
export const AgentStateSchema = ApiAgentSchema.pick({
  id: true,
  role: true,
  status: true,
  phase: true,
  phase_reason: true,
  current_tasks: true,
  maxConcurrentTasks: true,
  heartbeatInterval: true,
});

export const AgentBriefSchema = ApiAgentSchema.pick({
  id: true,
  name: true,
  role: true,
  model_type: true,
  capabilities: true,
  tags: true,
  domain: true,
  group: true,
  status: true,
  phase: true,
  current_tasks: true,
  maxConcurrentTasks: true,
  last_heartbeat: true,
});

export function taskText({
  id,
  status,
  reason,
  message,
  assigned_agent_id: agent,
  claim,
  progress,
  error,
}: TaskState): string {
  const parts = [`Task ${id} is ${status}${reason === undefined ? '' : ` (${reason})`}`];
  if (agent !== undefined) parts.push(`with ${agent}, claim ${claim}`);
  if (progress !== undefined && status !== 'completed') parts.push(`progress ${progress}`);
  const why = error === undefined ? message : `${error.code}: ${error.message}`;
  return `${parts.join(', ')}.${why === undefined ? '' : ` ${why}`}`;
}

/** What whoever has to do it must read. */
export function workText(task: ApiTask): string {
  const {
    id,
    claim,
    description,
    payload,
    contextual_data: context,
    partial_result: partial,
    deadline,
    attempts,
  } = task;
  const lines = [`Task ${id}, claim ${claim}: ${description}`];
  if (payload !== undefined) lines.push(`Payload: ${jsonText(payload)}`);
  if (context !== undefined) lines.push(`Context: ${jsonText(context)}`);
  if (attempts > 0) lines.push(`It was begun ${attempts} times before.`);
  if (partial !== undefined) lines.push(`What the last attempt left: ${jsonText(partial)}`);
  if (deadline !== undefined) lines.push(`Deadline: ${deadline}`);
  return lines.join('\n');
}

export function agentText({
  id,
  role,
  status,
  phase,
  phase_reason: why,
  current_tasks: held,
  maxConcurrentTasks: most,
}: z.infer<typeof AgentStateSchema>): string {
  return `Agent ${id} (${role}) is ${status}, ${phase}${why === undefined ? '' : ` (${why})`}, with ${held} of ${most} tasks.`;
}

export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= MAX_JSON_CHARS
    ? text
    : `${text.slice(0, MAX_JSON_CHARS)}… (${text.length} characters; the structured content and get_task have all of it)`;
}
