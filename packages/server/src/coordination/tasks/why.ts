// Why a task stands where it stands, from what is known of it: its row, its history, its place in line, and what the
// scheduler's own judgement says of each agent. Pure.

import type { ApiTaskWhy } from '@tutti/schemas';
import { z } from 'zod';
import type { TaskClass } from '../scheduling/requirements.ts';
import { describeFindings, type Findings } from '../scheduling/reasons.ts';
import type { HistoryRow } from './queries.ts';
import { parsed, type TaskRow } from './task-row.ts';
import { isAcknowledged } from './transitions.ts';

export interface Known {
  readonly row: TaskRow;
  /** Oldest first. */
  readonly history: readonly HistoryRow[];
  readonly taskClass: TaskClass | undefined;
  /** Of a task that waits for an agent. */
  readonly findings: Findings | undefined;
  readonly ahead: number | undefined;
}

const DetailSchema = z.looseObject({
  message: z.string().optional(),
  among: z.number().optional(),
  free: z.number().optional(),
  preferred: z.number().optional(),
  fitness: z.number().optional(),
  total: z.number().optional(),
});

const AWAITED: Readonly<Record<string, string>> = { input: 'an answer', approval: 'an approval' };

/** How a claim ends. */
const ENDS: readonly string[] = ['complete', 'fail', 'release', 'expire', 'cancel', 'give_up'];

export function explainTask(known: Known): ApiTaskWhy {
  const { row, history, findings, ahead } = known;
  return {
    id: row.id,
    status: row.status,
    reason: row.status === 'pending' || row.status === 'waiting' ? (row.reason ?? undefined) : undefined,
    summary: `${summaryOf(known)}.`,
    next: nextOf(known),
    agents: findings === undefined ? undefined : { ...findings, obstacles: { ...findings.obstacles } },
    ahead,
    assignment: assignmentOf(history),
    attempts: history
      .filter(({ event, claim }) => claim > 0 && ENDS.includes(event))
      .map((line) => ({
        claim: line.claim,
        agent_id: line.agent_id ?? undefined,
        ended_by: line.event,
        message: detailOf(line).message,
        at: new Date(line.at_ms).toISOString(),
      })),
  };
}

function summaryOf({ row, taskClass, findings, ahead = 0 }: Known): string {
  const message = row.message ?? '';
  switch (row.status) {
    case 'pending':
      if (row.reason === 'backoff')
        return `It is tried again at ${new Date(row.not_before_ms ?? 0).toISOString()}: ${message}`;
      if (row.reason !== 'ready') return `It waits: ${message}`;
      if (taskClass === undefined || findings === undefined) return 'It waits for an agent';
      if (findings.suiting === 0)
        return `No registered agent could do it: ${describeFindings(taskClass, findings)}`;
      return `It waits for an agent${ahead > 0 ? ` behind ${ahead} others` : ''}: ${describeFindings(taskClass, findings)}`;
    case 'assigned':
      return isAcknowledged(row)
        ? `${row.agent_id} has it, and has not begun`
        : `It was handed to ${row.agent_id}, which has not begun`;
    case 'in_progress':
      return `${row.agent_id} is at work on it${message === '' ? '' : `: ${message}`}`;
    case 'waiting':
      return `It waits for ${AWAITED[row.reason ?? ''] ?? 'proofs'}: ${message}`;
    case 'completed':
      return `${row.agent_id} completed it`;
    case 'failed':
      return `It failed: ${message}`;
    default:
      return `It was ${message === '' ? row.status : message}`;
  }
}

function nextOf({ row, taskClass, findings }: Known): string[] {
  if (row.status === 'failed' || row.status === 'cancelled')
    return [`Have it done again: tutti retry ${row.id}`];
  if (row.status === 'waiting' && row.reason === 'input') return [`Answer it: tutti answer ${row.id}`];
  if (row.status === 'waiting' && row.reason === 'approval')
    return [`Look at what was done, and approve it: tutti approve ${row.id}`];
  if (row.status === 'waiting')
    return [`${row.agent_id} has to send the proofs that are missing, with its claim ${row.claim}.`];
  if (row.status === 'pending' && row.reason === 'dependencies')
    return ['The tasks that it needs have to be completed.'];
  if (row.status !== 'pending' || findings === undefined || taskClass === undefined) return [];
  const { suiting, free, obstacles } = findings;
  if (suiting === 0) return [`Register an agent ${describeWanted(taskClass)}.`];
  if (free > 0)
    return ['An agent that could take it has to ask: next_task, or a worker with its watch open.'];
  const next: string[] = [];
  if ((obstacles.slots ?? 0) > 0) next.push('An agent has to end one of its tasks, or take more at once.');
  if ((obstacles.phase ?? 0) > 0) next.push('An agent that suits has to call again, or be resumed.');
  if ((obstacles.status ?? 0) > 0) next.push('An agent that suits has to be available again.');
  return next;
}

function describeWanted({ domain, capabilities, tags, target }: TaskClass): string {
  const parts = [target === null ? `of the domain ${domain}` : `named ${target} of the domain ${domain}`];
  if (capabilities.length > 0) parts.push(`with ${capabilities.join(', ')}`);
  if (tags.length > 0) parts.push(`with the tags ${tags.join(', ')}`);
  return parts.join(' ');
}

function assignmentOf(history: readonly HistoryRow[]): ApiTaskWhy['assignment'] {
  const line = history.findLast(({ event }) => event === 'assign');
  if (line?.agent_id == null) return undefined;
  const { among, free, preferred, fitness, total } = detailOf(line);
  const score = Object.entries({ free, preferred, fitness, total }).filter(
    (entry): entry is [string, number] => entry[1] !== undefined,
  );
  return {
    agent_id: line.agent_id,
    claim: line.claim,
    at: new Date(line.at_ms).toISOString(),
    among,
    score: score.length === 0 ? undefined : Object.fromEntries(score),
  };
}

function detailOf({ task_id, detail }: HistoryRow): z.infer<typeof DetailSchema> {
  return parsed(DetailSchema, detail, `the history of the task ${task_id}`);
}
