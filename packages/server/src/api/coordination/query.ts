// What lists of agents, cards and tasks are asked for in the query.

import { AGENT_STATUSES, TASK_STATUSES } from '@tutti/schemas';
import { z } from 'zod';
import type { AgentQuery } from '../../coordination/agents/find.ts';
import { MAX_PAGE_TASKS } from '../../coordination/tasks/pages.ts';
import type { Tasks } from '../../coordination/tasks-face.ts';
import { choicesValue, numberValue, textValue, wordsValue } from '../query-values.ts';

/** Items of a page when `limit` is not given. */
const DEFAULT_LIMIT = 100;

export const page = {
  limit: numberValue({ min: 1, most: MAX_PAGE_TASKS }, `How many at the most (${DEFAULT_LIMIT}).`).default(
    DEFAULT_LIMIT,
  ),
  cursor: textValue('The `nextCursor` of the page before.').optional(),
};

export const AgentQuerySchema = z.strictObject({
  capabilities: wordsValue('They have all of these.').optional(),
  role: textValue('Only of this role.').optional(),
  statuses: choicesValue(AGENT_STATUSES, 'Only those that say this of themselves.').optional(),
  model_type: textValue('Only of this type of model.').optional(),
  group: textValue('Only of this group.').optional(),
  domain: textValue('Only of this domain.').optional(),
  active_within_seconds: z
    .string()
    .regex(/^\d{1,9}(?:\.\d{1,3})?$/, 'must be a number of seconds')
    .transform(Number)
    .meta({
      openapi: { type: 'number', minimum: 0, description: 'Only those heard of within so many seconds.' },
    })
    .optional(),
  ...page,
});

export const TaskQuerySchema = z.strictObject({
  status: choicesValue(TASK_STATUSES, 'Only of these statuses.').optional(),
  domain: textValue('Only of this domain.').optional(),
  agent: textValue('Only those that this agent has, or had last.').optional(),
  parent: textValue('Only parts of this task.').optional(),
  dead_letter: z
    .enum(['true', 'false'])
    .meta({ openapi: { type: 'boolean', description: 'Whether all their attempts have failed.' } })
    .optional(),
  ...page,
});

export function agentQuery({
  model_type: modelType,
  active_within_seconds: activeWithinSeconds,
  ...rest
}: z.output<typeof AgentQuerySchema>): AgentQuery {
  return { ...rest, modelType, activeWithinSeconds };
}

export function taskQuery({
  status,
  agent,
  parent,
  dead_letter: dead,
  ...rest
}: z.output<typeof TaskQuerySchema>): Parameters<Tasks['list']>[0] {
  const deadLetter = dead === undefined ? undefined : dead === 'true';
  return { ...rest, statuses: status, agentId: agent, parentId: parent, deadLetter };
}
