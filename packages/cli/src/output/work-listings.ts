// The lists of agents and tasks of `tutti get`, and what they can be narrowed to.

import { AGENT_STATUSES, TASK_STATUSES, type ApiAgent, type ApiTask } from '@tutti/schemas';
import type { AgentQuery, TaskQuery } from '@tutti/sdk';
import { InvalidArgumentError, Option } from 'commander';
import type { Listing } from './listings.ts';
import { oneLine } from './printable.ts';
import { agentNote, styledPhase, styledStatus, taskNote } from './work-words.ts';
import { relativeTime } from './words.ts';

/** Lines that fit what a person reads; `--limit` asks for more. */
const DEFAULT_TASKS = 100;
const MAX_NOTE_WIDTH = 80;

export interface AgentFilters extends Pick<AgentQuery, 'role' | 'group' | 'domain' | 'limit'> {
  readonly capability?: readonly string[];
  readonly status?: AgentQuery['statuses'];
  readonly model?: string;
}

export const AGENTS: Listing<ApiAgent, AgentFilters> = {
  name: 'agents',
  alias: 'agent',
  description: 'those who can do work, and how they are',
  filters: () => [
    new Option('--capability <names...>', 'only those that have all of them'),
    new Option('--role <role>', 'only of this role'),
    new Option('--status <statuses...>', 'only those that say so of themselves').choices(AGENT_STATUSES),
    new Option('--model <type>', 'only of this type of model'),
    new Option('--group <group>', 'only of this group'),
    new Option('--domain <domain>', 'only of this domain'),
    limitOption('so many at most'),
  ],
  list: (client, { signal, capability, status, model, role, group, domain, limit }) =>
    client.agents.list({
      signal,
      capabilities: capability,
      statuses: status,
      modelType: model,
      role,
      group,
      domain,
      limit,
    }),
  key: ({ id }) => id,
  header: ['ID', 'ROLE', 'DOMAIN', 'PHASE', 'SAYS', 'TASKS', 'DONE', 'FAILED', 'HEARD', 'NOTE'],
  row: (agent, { stdout }) => [
    oneLine(agent.id, Infinity),
    agent.role,
    agent.domain,
    styledPhase(agent, stdout),
    agent.status,
    `${agent.current_tasks}/${agent.maxConcurrentTasks}`,
    String(agent.completed),
    String(agent.failed),
    relativeTime(agent.last_heartbeat, Date.now()),
    oneLine(agentNote(agent), MAX_NOTE_WIDTH),
  ],
  empty: 'There are no such agents. docs/guides/agents-and-tasks.md says how agents register.',
};

export interface TaskFilters extends Pick<TaskQuery, 'domain' | 'agent' | 'parent' | 'limit'> {
  readonly status?: TaskQuery['statuses'];
  readonly deadLetter?: true;
}

export const TASKS: Listing<ApiTask, TaskFilters> = {
  name: 'tasks',
  alias: 'task',
  description: 'the units of work and how they stand, the newest first',
  filters: () => [
    new Option('--status <statuses...>', 'only of these statuses').choices(TASK_STATUSES),
    new Option('--domain <domain>', 'only of this domain'),
    new Option('--agent <id>', 'only those that this agent has, or had last'),
    new Option('--parent <id>', 'only parts of this task'),
    new Option('--dead-letter', 'only those whose attempts all failed'),
    limitOption(`so many at most (${DEFAULT_TASKS})`),
  ],
  list: (client, { signal, status, deadLetter, domain, agent, parent, limit = DEFAULT_TASKS }) =>
    client.tasks.list({ signal, statuses: status, deadLetter, domain, agent, parent, limit }),
  key: ({ id }) => id,
  header: ['ID', 'STATUS', 'PRIORITY', 'DOMAIN', 'AGENT', 'ATTEMPTS', 'SUBMITTED', 'DESCRIPTION', 'NOTE'],
  row: (task, { stdout }) => [
    oneLine(task.id, Infinity),
    styledStatus(task.status, stdout),
    String(task.priority),
    task.domain,
    task.assigned_agent_id ?? '',
    String(task.attempts),
    relativeTime(task.created_at, Date.now()),
    oneLine(task.description, MAX_NOTE_WIDTH / 2),
    oneLine(taskNote(task), MAX_NOTE_WIDTH),
  ],
  empty: 'There are no such tasks. Submit one with: tutti apply -f FILE',
};

export function limitOption(description: string): Option {
  return new Option('--limit <n>', description).argParser((text) => {
    if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1.');
    return Number(text);
  });
}
