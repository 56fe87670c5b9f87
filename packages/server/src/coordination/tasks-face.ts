// What can be done with tasks, by whom.

import type { Answered, ApiTask, Approval, ApiTaskWhy, TaskSubmission } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import { type Caller, unknownAgent } from './agents/registry.ts';
import { requireServed } from './domains.ts';
import type { Engine } from './engine.ts';
import { createPlanSubmitter, type PlanOptions, type SubmittedPlan } from './plan-submitter.ts';
import type { Intent, Once } from './tasks/book.ts';
import { type ClaimProof, judgeClaim } from './claims/claim.ts';
import { findingsFor } from './scheduling/reasons.ts';
import { type Answer, AnswerSchema, type Response } from './tasks/questions.ts';
import type { Wait } from '../kernel/news.ts';
import { approvalIntent } from './tasks/proofs.ts';
import { reassignment } from './tasks/reassign.ts';
import { explainTask } from './tasks/why.ts';
import { anotherTry, answer, assignedAtOnce, cancellation, unlessUnsatisfiable } from './tasks/commands.ts';
import { decodeCursor, encodeCursor, readTaskPage, type TaskQuery } from './tasks/pages.ts';
import { MAX_HISTORY_LINES } from './tasks/old-tasks.ts';
import type { HistoryRow } from './tasks/queries.ts';
import { countAhead, readContents, readHistory, readTask } from './tasks/reads.ts';
import {
  type CompletionReport,
  completionReport,
  type FailureReport,
  failureReport,
  type ProgressReport,
  progressReport,
  type ProofReport,
  proofReport,
  type QuestionReport,
  questionReport,
  type ReleaseReport,
  releaseReport,
  type Report,
  startReport,
  unknownTask,
} from './tasks/reports.ts';
import { withProjectOfGoal } from './projects/project-of-goal.ts';
import { classOfTask, submission } from './tasks/submit.ts';
import { parsed, specOf, type TaskRow } from './tasks/task-row.ts';
import { taskView } from './tasks/task-view.ts';

export interface Delegated {
  readonly id: string;
  readonly assigned_agent_id: string;
}

export interface TaskPage {
  readonly items: readonly ApiTask[];
  readonly nextCursor?: string | undefined;
}

/** Their roles as well: a proof may demand one. */
export interface Reviewer extends Caller {
  readonly roles: readonly string[];
}

export interface Tasks {
  submit(task: TaskSubmission, by: Caller, once?: Once): Promise<ApiTask>;
  /** All of its tasks, or none: what is wrong with it is one error. */
  submitPlan(plan: unknown, options: PlanOptions, by: Caller, once?: Once): Promise<SubmittedPlan>;
  /** Gives a task to an agent: one that is made for it, or one that there is. */
  delegate(task: TaskSubmission & Delegated, by: Caller, once?: Once): Promise<ApiTask>;
  get(id: string): Promise<ApiTask>;
  /** Without what they carry. */
  list(query: Omit<TaskQuery, 'cursor'> & { readonly cursor?: string | undefined }): Promise<TaskPage>;
  history(id: string): Promise<readonly HistoryRow[]>;
  // What the holder reports; the answers are without what the task carries.
  start(report: Report, by: Caller): Promise<ApiTask>;
  progress(report: ProgressReport, by: Caller): Promise<ApiTask>;
  complete(report: CompletionReport, by: Caller): Promise<ApiTask>;
  /** More evidence for a task that waits for proofs. */
  prove(report: ProofReport, by: Caller): Promise<ApiTask>;
  fail(report: FailureReport, by: Caller): Promise<ApiTask>;
  release(report: ReleaseReport, by: Caller): Promise<ApiTask>;
  /** Asks a person; the attempt's time stands still. */
  ask(report: QuestionReport, by: Caller): Promise<ApiTask>;
  /** For the holder alone: what was answered, or that nobody has yet. */
  answerFor(report: Report, by: Caller, wait: Wait): Promise<Answered>;
  answer(id: string, response: Response, by: Caller, once?: Once): Promise<ApiTask>;
  /** What somebody says of work that waits for approval; never who did it. */
  approve(id: string, approval: Approval, by: Reviewer, once?: Once): Promise<ApiTask>;
  /** Resolves where the claim is in force and the agent that has it, which is alive then, is the caller's. */
  requireClaim(held: Pick<Report, 'taskId' | 'claim'>, by: Caller): Promise<void>;
  /** When it has ended; undefined: not within the time. */
  ended(id: string, wait: Wait): Promise<ApiTask | undefined>;
  why(id: string): Promise<ApiTaskWhy>;
  cancel(id: string, reason: string | undefined, by: Caller, once?: Once): Promise<ApiTask>;
  retry(id: string, by: Caller, once?: Once): Promise<ApiTask>;
}

export function createTasks(engine: Engine): Tasks {
  const {
    database,
    registry,
    directory,
    classes,
    switches,
    domains,
    ledger,
    proving,
    news,
    rowOf,
    events,
    makeId,
    view,
    unsatisfiable,
    requirePermission,
    nobodyFor,
    reserve,
  } = engine;

  /** A report of an agent: it is alive, and may speak for itself only. */
  async function reported(intent: Intent, agentId: string, by: Caller): Promise<ApiTask> {
    await requireHeard(agentId, by);
    return taskView(await ledger.submit(intent), [], undefined);
  }

  async function requireHeard(agentId: string, by: Caller): Promise<void> {
    await registry.meet(agentId);
    registry.heard(agentId, by);
  }

  async function requireTask(id: string): Promise<TaskRow> {
    const row = await readTask(database.read, id);
    if (row === undefined) throw unknownTask(id);
    return row;
  }

  async function requireOwnTask(id: string, by: Caller): Promise<void> {
    const row = await requireTask(id);
    if (row.principal !== by.id && !by.isAdmin)
      throw new AppError('refused', `The task ${id} was submitted by another principal than ${by.id}.`);
    const submitter = specOf(row).submitted_by;
    requirePermission(by, submitter === null || submitter === by.agentId ? 'submit' : 'cancel_others');
  }

  async function submit(submitted: TaskSubmission, by: Caller, once?: Once): Promise<ApiTask> {
    const task = await withProjectOfGoal(database, submitted);
    requirePermission(by, 'submit');
    if (task.assigned_agent_id !== undefined && task.assigned_agent_id !== by.agentId)
      requirePermission(by, 'delegate');
    const id = task.id ?? makeId('task');
    requireServed(domains(), task.domain);
    const taskClass = classOfTask(task);
    const why = nobodyFor(taskClass);
    const intent = submission({ id, task, by, once, domains: domains() });
    const { preferredTags, budget } = task;
    using reserved = budget === undefined ? reserve(id, { taskClass, preferredTags }) : undefined;
    const row = await ledger.submit(
      reserved === undefined ? unlessUnsatisfiable(intent, why) : assignedAtOnce(intent, reserved),
    );
    if (why !== undefined && (row.ready === 1 || row.status === 'failed')) events.unsatisfiable(id, why);
    return await view(row);
  }

  async function readAnswer(taskId: string): Promise<Answer> {
    const row = (await readContents(database, [taskId])).find(({ part }) => part === 'answer');
    if (row === undefined) throw new AppError('conflict', `The task ${taskId} asked nothing.`);
    return parsed(AnswerSchema, row.body, `the answer to the task ${taskId}`);
  }

  return {
    submit,
    submitPlan: createPlanSubmitter(engine),
    async delegate(task, by, once) {
      requirePermission(by, 'delegate');
      const { id, assigned_agent_id: agentId } = task;
      await registry.meet(agentId);
      if (directory.get(agentId) === undefined) throw unknownAgent(agentId);
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
      return await readHistory(database.read, id, MAX_HISTORY_LINES);
    },
    start: (report, by) => reported(startReport(report), report.agentId, by),
    progress: (report, by) => reported(progressReport(report), report.agentId, by),
    async complete(report, by) {
      await requireHeard(report.agentId, by);
      const { evidence = [] } = report;
      const row = await proving.submit({ ...report, evidence }, (facts) => completionReport(report, facts));
      return taskView(row, [], undefined);
    },
    async prove(report, by) {
      await requireHeard(report.agentId, by);
      return await view(await proving.submit(report, (facts) => proofReport(report, facts)));
    },
    fail: (report, by) => reported(failureReport(report), report.agentId, by),
    release: (report, by) => reported(releaseReport(report), report.agentId, by),
    ask: (report, by) => reported(questionReport(report), report.agentId, by),
    async answerFor(report, by, wait) {
      await requireHeard(report.agentId, by);
      const given = await news.until(
        report.taskId,
        async () => {
          const task = await requireTask(report.taskId);
          requireInForce(task, report);
          return task.status === 'waiting' ? undefined : await readAnswer(task.id);
        },
        wait,
      );
      return given === undefined
        ? { answered: false }
        : { answered: true, response: given.response, cancelled: given.cancelled, by: given.by };
    },
    async answer(taskId, response, by, once) {
      await requireOwnTask(taskId, by);
      return await view(await ledger.submit(answer({ taskId, by: by.id, once, ...response })));
    },
    async approve(taskId, approval, by, once) {
      const { agent_id: agentId } = approval;
      if (agentId !== undefined) {
        await requireHeard(agentId, by);
        requirePermission({ ...by, agentId }, 'approve');
      }
      const { id: principal, roles } = by;
      return await view(await ledger.submit(approvalIntent({ taskId, approval, principal, roles, once })));
    },
    async requireClaim({ taskId, claim }, by) {
      const task = await rowOf(taskId);
      if (task === null) throw unknownTask(taskId);
      const agentId = task.agent_id ?? '';
      requireInForce(task, { agentId, claim });
      await requireHeard(agentId, by);
    },
    async ended(taskId, wait) {
      return await news.until(
        taskId,
        async () => {
          const task = await requireTask(taskId);
          return task.ended_ms === null ? undefined : await view(task);
        },
        wait,
      );
    },
    async why(taskId) {
      const row = await requireTask(taskId);
      const taskClass = classes.get(row.class_id);
      const isWaiting = row.ready === 1 && taskClass !== undefined;
      const candidates = Iterator.from(directory.all()).map(({ candidate }) => candidate);
      return explainTask({
        row,
        history: await readHistory(database.read, taskId, MAX_HISTORY_LINES),
        taskClass,
        findings: isWaiting ? findingsFor(taskClass, candidates, switches()) : undefined,
        ahead: isWaiting ? await countAhead(database.read, row) : undefined,
      });
    },
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

function requireInForce(task: TaskRow, proof: ClaimProof): void {
  const verdict = judgeClaim(task, proof);
  if (verdict.kind === 'in_force') return;
  throw new AppError('conflict', verdict.message, { details: { kind: verdict.kind, status: task.status } });
}
