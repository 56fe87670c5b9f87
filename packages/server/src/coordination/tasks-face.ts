// What can be done with tasks, by whom.

import type { ApiTask, TaskSubmission } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import { type Caller, unknownAgent } from './agents/registry.ts';
import type { Engine } from './engine.ts';
import { createPlanSubmitter, type PlanOptions, type SubmittedPlan } from './plan-submitter.ts';
import type { Intent, Once } from './tasks/book.ts';
import { anotherTry, cancellation, reassignment, unsatisfiableTask } from './tasks/commands.ts';
import { decodeCursor, encodeCursor, readTaskPage, type TaskQuery } from './tasks/pages.ts';
import type { HistoryRow } from './tasks/queries.ts';
import { readHistory, readTask } from './tasks/reads.ts';
import {
  type CompletionReport,
  completionReport,
  type FailureReport,
  failureReport,
  type ProgressReport,
  progressReport,
  type ReleaseReport,
  releaseReport,
  type Report,
  startReport,
} from './tasks/reports.ts';
import { submission } from './tasks/submit.ts';
import { specOf, type TaskRow } from './tasks/task-row.ts';
import { taskView } from './tasks/task-view.ts';
import { untilEnd } from './tasks/until-end.ts';

const MAX_HISTORY = 1_000;

export interface Delegated {
  readonly id: string;
  readonly assigned_agent_id: string;
}

export interface TaskPage {
  readonly items: readonly ApiTask[];
  readonly nextCursor?: string | undefined;
}

export interface Tasks {
  submit(task: TaskSubmission, by: Caller, once?: Once): Promise<ApiTask>;
  /** All of its tasks, or none: what is wrong with it is one error. */
  submitPlan(plan: unknown, options: PlanOptions, by: Caller, once?: Once): Promise<SubmittedPlan>;
  /** Gives a task to an agent: one that is made for it, or one that there is. */
  delegate(task: TaskSubmission & Delegated, by: Caller, once?: Once): Promise<ApiTask>;
  get(id: string): Promise<ApiTask>;
  /** The task when it ends, or as it is when the time is over. Rejects with the signal's reason. */
  untilEnd(id: string, waitMs: number, signal: AbortSignal): Promise<ApiTask>;
  /** Without what they carry. */
  list(query: Omit<TaskQuery, 'cursor'> & { readonly cursor?: string | undefined }): Promise<TaskPage>;
  history(id: string): Promise<readonly HistoryRow[]>;
  start(report: Report, by: Caller): Promise<ApiTask>;
  progress(report: ProgressReport, by: Caller): Promise<ApiTask>;
  complete(report: CompletionReport, by: Caller): Promise<ApiTask>;
  fail(report: FailureReport, by: Caller): Promise<ApiTask>;
  release(report: ReleaseReport, by: Caller): Promise<ApiTask>;
  cancel(id: string, reason: string | undefined, by: Caller, once?: Once): Promise<ApiTask>;
  retry(id: string, by: Caller, once?: Once): Promise<ApiTask>;
}

export function createTasks(engine: Engine): Tasks {
  const { database, clock, registry, ledger, events, makeId } = engine;
  const { view, unsatisfiable, requirePermission, onHint } = engine;

  /** A report of an agent: it is alive, and may speak for itself only. */
  async function reported(intent: Intent, agentId: string, by: Caller): Promise<ApiTask> {
    registry.heard(agentId, by);
    return await view(await ledger.submit(intent));
  }

  async function requireTask(id: string): Promise<TaskRow> {
    const row = await readTask(database.read, id);
    if (row === undefined)
      throw new AppError('not_found', `There is no task ${id}; \`tutti get tasks\` lists those there are.`);
    return row;
  }

  async function requireOwnTask(id: string, by: Caller): Promise<void> {
    const row = await requireTask(id);
    if (row.principal !== by.id && !by.isAdmin)
      throw new AppError('refused', `The task ${id} was submitted by another principal than ${by.id}.`);
    const submitter = specOf(row).submitted_by;
    requirePermission(by, submitter === null || submitter === by.agentId ? 'submit' : 'cancel_others');
  }

  async function submit(task: TaskSubmission, by: Caller, once?: Once): Promise<ApiTask> {
    requirePermission(by, 'submit');
    if (task.assigned_agent_id !== undefined && task.assigned_agent_id !== by.agentId)
      requirePermission(by, 'delegate');
    const id = task.id ?? makeId('task');
    const row = await ledger.submit(submission({ id, task, by, once }));
    const why = unsatisfiable(row);
    if (why === undefined) return await view(row);
    events.unsatisfiable(id, why);
    if (specOf(row).on_unsatisfiable === 'wait') return await view(row);
    return await view(await ledger.submit(unsatisfiableTask(id, why)));
  }

  return {
    submit,
    submitPlan: createPlanSubmitter(engine),
    async delegate(task, by, once) {
      requirePermission(by, 'delegate');
      const { id, assigned_agent_id: agentId } = task;
      if (engine.directory.get(agentId) === undefined) throw unknownAgent(agentId);
      if ((await readTask(database.read, id)) === undefined) return await submit(task, by, once);
      await requireOwnTask(id, by);
      const { contextual_data: contextualData } = task;
      return await view(
        await ledger.submit(reassignment({ taskId: id, by: by.id, once, agentId, contextualData })),
      );
    },
    async get(id) {
      return await view(await requireTask(id));
    },
    async untilEnd(id, waitMs, signal) {
      return await view(await untilEnd({ ledger, clock, onHint, read: requireTask }, { id, waitMs, signal }));
    },
    async list({ cursor, ...query }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      if (cursor !== undefined && after === undefined)
        throw new AppError('invalid_params', 'cursor: not one of ours; begin without one.');
      const rows = await readTaskPage(database.read, { ...query, cursor: after });
      const last = rows.length < query.limit ? undefined : rows.at(-1);
      return {
        items: rows.map((row) => taskView(row, [], unsatisfiable(row))),
        nextCursor: last === undefined ? undefined : encodeCursor(last),
      };
    },
    async history(id) {
      await requireTask(id);
      return await readHistory(database.read, id, MAX_HISTORY);
    },
    start: (report, by) => reported(startReport(report), report.agentId, by),
    progress: (report, by) => reported(progressReport(report), report.agentId, by),
    complete: (report, by) => reported(completionReport(report), report.agentId, by),
    fail: (report, by) => reported(failureReport(report), report.agentId, by),
    release: (report, by) => reported(releaseReport(report), report.agentId, by),
    async cancel(taskId, reason, by, once) {
      await requireOwnTask(taskId, by);
      return await view(await ledger.submit(cancellation({ taskId, by: by.id, reason, once })));
    },
    async retry(taskId, by, once) {
      await requireOwnTask(taskId, by);
      return await view(await ledger.submit(anotherTry({ taskId, by: by.id, once })));
    },
  };
}
