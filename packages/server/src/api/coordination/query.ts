// What lists of agents and tasks are asked for in the query: each name once, lists with commas.

import { AGENT_STATUSES, TASK_STATUSES } from '@tutti/schemas';
import type { Context } from 'hono';
import { z } from 'zod';
import type { AgentQuery } from '../../coordination/agents/find.ts';
import { MAX_PAGE_TASKS } from '../../coordination/tasks/pages.ts';
import type { Tasks } from '../../coordination/tasks-face.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ApiEnv } from '../deps.ts';

/** Items of a page when `limit` is not given. */
const DEFAULT_LIMIT = 100;
/** The most that one page holds. */
const MAX_LIMIT = MAX_PAGE_TASKS;
const MAX_CHARS = 1_000;

export const text = z.string().min(1).max(MAX_CHARS);
const words = text.transform((value) => value.split(',').filter((word) => word !== ''));
const wordsOf = <Word extends string>(known: readonly [Word, ...Word[]]) =>
  words.pipe(z.array(z.enum(known)));
export const limitUpTo = (max: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'must be a number from 1')
    .default(String(DEFAULT_LIMIT))
    .transform((value) => Math.min(Number(value), max));
const limit = limitUpTo(MAX_LIMIT);

const AgentQuerySchema = z.strictObject({
  capabilities: words.optional(),
  role: text.optional(),
  statuses: wordsOf(AGENT_STATUSES).optional(),
  model_type: text.optional(),
  group: text.optional(),
  domain: text.optional(),
  active_within_seconds: z
    .string()
    .regex(/^\d{1,9}(?:\.\d{1,3})?$/, 'must be a number of seconds')
    .transform(Number)
    .optional(),
  limit,
  cursor: text.optional(),
});

const TaskQuerySchema = z.strictObject({
  status: wordsOf(TASK_STATUSES).optional(),
  domain: text.optional(),
  agent: text.optional(),
  parent: text.optional(),
  dead_letter: z.enum(['true', 'false']).optional(),
  limit,
  cursor: text.optional(),
});

export function readAgentQuery(c: Context<ApiEnv>): AgentQuery {
  const {
    model_type: modelType,
    active_within_seconds: activeWithinSeconds,
    ...rest
  } = readQuery(c, AgentQuerySchema);
  return { ...rest, modelType, activeWithinSeconds };
}

export function readTaskQuery(c: Context<ApiEnv>): Parameters<Tasks['list']>[0] {
  const { status, agent, parent, dead_letter: dead, ...rest } = readQuery(c, TaskQuerySchema);
  const deadLetter = dead === undefined ? undefined : dead === 'true';
  return { ...rest, statuses: status, agentId: agent, parentId: parent, deadLetter };
}

export function readQuery<Schema extends z.ZodType>(c: Context<ApiEnv>, schema: Schema): z.output<Schema> {
  const checked = schema.safeParse(c.req.query());
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'The query' : `"${issue.path.join('.')}"`;
  throw new AppError('invalid_params', `${where} is not as it should be: ${issue?.message ?? 'unknown'}.`);
}
