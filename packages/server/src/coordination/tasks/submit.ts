// A task that is submitted, as an intent.

import type { TaskStatus, TaskSubmission } from '@tutti/schemas';
import { ANY_DOMAIN, type DomainSettings, withPolicy } from '../domains.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Caller } from '../agents/registry.ts';
import { classOf, type TaskClass } from '../scheduling/requirements.ts';
import { describeShortages, type Shortage } from '../budgets/budget.ts';
import { rankMs } from '../scheduling/rank.ts';
import type { Book, Change, Decision, Intent, Once } from './book.ts';
import { checkedContent, contentChange } from './content.ts';
import { dueMs } from './due.ts';
import type { NeededRow } from './queries.ts';
import { specOf, type TaskRow, type TaskSpec } from './task-row.ts';
import { needsObstacle } from './needs.ts';

/** How deep tasks may lie below one another (`parent_task_id`): an agent that splits its part again and again comes to an
 *  end. */
export const MAX_TASK_DEPTH = 32;
/** An attempt is ended when it has used the time that it may use; there is always some. */
const MIN_TIMEOUT_MS = 100;

export interface Submission {
  readonly id: string;
  readonly task: TaskSubmission;
  /** Who submits it. */
  readonly by: Caller;
  /** What holds for tasks of its domain; left out: no policies. */
  readonly domains?: DomainSettings | undefined;
  readonly once?: Once | undefined;
}

export function submission({ once, ...rest }: Submission): Intent {
  const { id, needs, decide } = preparedSubmission(rest);
  const { parent_task_id: parent } = rest.task;
  return {
    tasks: [id, ...needs, ...(parent === undefined ? [] : [parent])],
    holders: [],
    once,
    budgets: [{ task: id, project: rest.task.project_id, workflow: rest.task.workflow_id, parent }],
    decide: (book) => decide({ ...book, statusOf: (other) => book.task(other)?.status }),
  };
}

/** What a submission is decided by. */
export type SubmissionBook = Pick<Book, 'nowMs' | 'task' | 'budgets'> & {
  /** Tasks that come with it before it, and it. */
  readonly ordinal?: number;
  /** Of a task that there is, or that comes with it; undefined: there is none. */
  readonly statusOf: (id: string) => TaskStatus | undefined;
};

/** A task that may be submitted, alone or together with others. */
export function preparedSubmission({ id, task, by, domains }: Omit<Submission, 'once'>): {
  readonly id: string;
  readonly needs: readonly string[];
  readonly decide: (book: SubmissionBook) => Decision;
} {
  const contents = [
    { part: 'payload', body: checkedContent('payload', task.payload) },
    { part: 'context', body: checkedContent('contextual_data', task.contextual_data) },
  ] as const;
  const taskClass = classOfTask(task);
  const needs = [...new Set(task.depends_on)];
  if (needs.includes(id))
    throw new AppError('invalid_params', `depends_on: the task ${id} can't need itself; take it out.`);
  return {
    id,
    needs,
    decide(book) {
      if (book.task(id) !== undefined)
        throw new AppError('conflict', `There is a task ${id} already; choose another id, or leave it out.`);
      requireTasks(book, 'depends_on', needs);
      if (task.parent_task_id !== undefined) requireTasks(book, 'parent_task_id', [task.parent_task_id]);
      const row = newRow({ id, task, by, domains, taskClass, needs, book });
      const shortages = book.budgets?.shortagesOfSubmit(row, book.ordinal) ?? [];
      if (shortages.length > 0) throw overBudget(shortages);
      const changes: Change[] = [
        { kind: 'submit', row, taskClass, needs },
        ...contents.flatMap(({ part, body }) => contentChange(id, part, body)),
      ];
      return { task: row, changes };
    },
  };
}

export function classOfTask(task: TaskSubmission): TaskClass {
  return classOf({
    domain: task.domain,
    capabilities: task.required_capabilities,
    tags: task.requiredTags,
    target: task.assigned_agent_id ?? null,
  });
}

function overBudget(shortages: readonly Shortage[]): AppError {
  return new AppError('refused', `${describeShortages(shortages)}.`, { details: { kind: 'over_budget' } });
}

function requireTasks(book: SubmissionBook, member: string, ids: readonly string[]): void {
  const unknown = ids.find((id) => book.statusOf(id) === undefined);
  if (unknown !== undefined)
    throw new AppError('invalid_params', `${member}: there is no task ${unknown}; submit it before.`);
}

function placeBelow(parent: TaskRow): Pick<TaskSpec, 'root' | 'depth' | 'run'> {
  const { root = parent.id, depth = 0, run = parent.workflow_id ?? undefined } = specOf(parent);
  if (depth >= MAX_TASK_DEPTH)
    throw new AppError(
      'refused',
      `parent_task_id: the task ${parent.id} lies ${depth} levels below ${root}, and no task may lie deeper than ${MAX_TASK_DEPTH}. Do the work in it, or submit its parts below one of the tasks above it.`,
      { details: { kind: 'too_deep' } },
    );
  return { root, depth: depth + 1, ...(run === undefined ? {} : { run }) };
}

/** A part of a task counts for the project of the whole: nobody gets past a budget by splitting. */
function projectOf({ project_id: own }: TaskSubmission, parent: TaskRow | undefined): string | null {
  const whole = parent?.project_id ?? null;
  if (own !== undefined && whole !== null && own !== whole)
    throw new AppError(
      'invalid_params',
      `project_id: the task ${parent?.id ?? ''}, which it is a part of, belongs to the project ${whole}; leave it out.`,
    );
  return own ?? whole;
}

interface NewRow extends Omit<Submission, 'once'> {
  readonly taskClass: TaskClass;
  readonly needs: readonly string[];
  readonly book: SubmissionBook;
}

function newRow({ id, task, by, domains = ANY_DOMAIN, taskClass, needs, book }: NewRow): TaskRow {
  const { timeout, retryPolicy } = withPolicy(domains, task);
  const { nowMs } = book;
  const needed = needs.map((needs_id): NeededRow => {
    const status = book.statusOf(needs_id) ?? null;
    return { task_id: id, needs_id, status };
  });
  const parent = task.parent_task_id === undefined ? undefined : book.task(task.parent_task_id);
  const spec: TaskSpec = {
    required_capabilities: task.required_capabilities,
    requiredTags: task.requiredTags,
    preferredTags: task.preferredTags,
    target: task.assigned_agent_id ?? null,
    timeoutMs: Math.max(MIN_TIMEOUT_MS, Math.min(timeout, task.budget?.wall_time_ms ?? Infinity)),
    maxRetries: retryPolicy.maxRetries,
    backoff: retryPolicy.backoff,
    initialDelayMs: retryPolicy.initialDelay,
    maxDelayMs: retryPolicy.maxDelay,
    depends_on: [...needs],
    on_dependency_failure: task.on_dependency_failure,
    on_unsatisfiable: task.on_unsatisfiable,
    ...(task.evidence.length === 0 ? {} : { evidence: task.evidence }),
    ...(task.budget === undefined ? {} : { budget: task.budget }),
    ...(task.write_set.length === 0 ? {} : { write_set: task.write_set }),
    ...(parent === undefined ? {} : placeBelow(parent)),
    submitted_by: by.agentId ?? null,
  };
  const obstacle = needsObstacle(needed, spec.on_dependency_failure);
  if (obstacle?.kind === 'never') throw new AppError('invalid_params', `depends_on: ${obstacle.message}`);
  const row: TaskRow = {
    id,
    class_id: taskClass.id,
    domain: taskClass.domain,
    rank_ms: rankMs(task.priority, nowMs),
    ready: obstacle === undefined ? 1 : 0,
    status: 'pending',
    reason: obstacle === undefined ? 'ready' : 'dependencies',
    message: obstacle?.message ?? null,
    description: task.description,
    priority: task.priority,
    spec: JSON.stringify(spec),
    principal: by.id,
    parent_id: task.parent_task_id ?? null,
    workflow_id: task.workflow_id ?? null,
    project_id: projectOf(task, parent),
    goal_id: task.goal_id ?? parent?.goal_id ?? null,
    agent_id: null,
    claim: 0,
    attempts: 0,
    progress: null,
    error: null,
    dead_letter: 0,
    due_ms: null,
    deadline_ms: task.deadline === undefined ? null : Date.parse(task.deadline),
    not_before_ms: null,
    created_ms: nowMs,
    assigned_ms: null,
    started_ms: null,
    waiting_ms: null,
    wait_due_ms: null,
    ended_ms: null,
    version: 1,
  };
  if (row.deadline_ms !== null && row.deadline_ms <= nowMs)
    throw new AppError('invalid_params', `deadline: ${task.deadline} is over; give a later one.`);
  return { ...row, due_ms: dueMs(row, spec.timeoutMs) };
}
