// Projects and goals: what work is for, shared by all who work. How far they are is counted from their tasks.

import {
  type ApiGoal,
  type ApiProject,
  type ExternalLink,
  type GoalChange,
  type GoalStatus,
  MAX_PROJECT_PAGE,
  type NewGoal,
  type NewProject,
  type ProjectChange,
  type ProjectStatus,
  type WorkflowLink,
} from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import { takeGuard } from '../../store/guard.ts';
import type { AnyDatabase, Transaction } from '../../store/database.ts';
import type { Engine } from '../engine.ts';
import type { Caller } from '../agents/registry.ts';
import type { Once } from '../tasks/book.ts';
import { answerOnce } from '../tasks/once.ts';
import type { TaskTables } from '../tasks/queries.ts';
import { cursorAfter, placeOf } from './pages.ts';
import { countTasksOf, type PastTables } from './progress-queries.ts';
import {
  countGoals,
  countRows,
  type GoalRow,
  insertGoal,
  insertProject,
  insertWorkflow,
  lockGoal,
  lockProject,
  type ProjectRow,
  type ProjectTables,
  readExternal,
  readGoal,
  readGoalPage,
  readProject,
  readProjectPage,
  readWorkflows,
  updateGoal,
  updateProject,
  upsertExternal,
} from './queries.ts';
import { goalView, projectView } from './shown.ts';

/** Projects that there may be; archived ones too. */
export const MAX_PROJECTS = 10_000;
export const MAX_GOALS = 100_000;
/** Workflows of one goal. */
export const MAX_LINKED_WORKFLOWS = 1_000;
/** Links to other systems that one answer holds. */
const MAX_EXTERNAL_SHOWN = 1_000;
const GUARD = 'projects';

export interface ProjectPage {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string | undefined;
}

export interface Projects {
  create(project: NewProject, by: Caller, once?: Once): Promise<ApiProject>;
  update(id: string, change: ProjectChange, by: Caller, once?: Once): Promise<ApiProject>;
  get(id: string): Promise<ApiProject>;
  list(
    query: ProjectPage & { readonly statuses?: readonly ProjectStatus[] | undefined },
  ): Promise<Listed<ApiProject>>;
  createGoal(goal: NewGoal, by: Caller, once?: Once): Promise<ApiGoal>;
  updateGoal(id: string, change: GoalChange, by: Caller, once?: Once): Promise<ApiGoal>;
  goal(id: string): Promise<ApiGoal>;
  goals(
    query: ProjectPage & {
      readonly statuses?: readonly GoalStatus[] | undefined;
      readonly projectId?: string | undefined;
    },
  ): Promise<Listed<ApiGoal>>;
  /** The same again does nothing more. */
  linkWorkflow(link: WorkflowLink, by: Caller, once?: Once): Promise<ApiGoal>;
  /** In the place of what the step was linked to in that system. */
  linkStep(link: ExternalLink, by: Caller, once?: Once): Promise<void>;
  externalLinks(workflowId: string): Promise<readonly ExternalLink[]>;
}

/** What is told of a project or a goal when it was made, or when its status is another one. */
export interface ProjectNews {
  readonly kind: 'project' | 'goal';
  readonly id: string;
  readonly name: string;
  readonly status: string;
  /** Undefined: it is new. */
  readonly before: string | undefined;
  readonly by: string;
}

export interface ProjectsDeps extends Pick<Engine, 'requirePermission' | 'makeId'> {
  readonly database: Pick<AnyDatabase, 'over' | 'dialect'>;
  readonly changed: (news: ProjectNews) => void;
}

export function createProjects({ database, requirePermission, makeId, changed }: ProjectsDeps): Projects {
  const tables = database.over<ProjectTables>();
  const { read } = tables;

  async function projectViews(rows: readonly ProjectRow[]): Promise<readonly ApiProject[]> {
    const ids = rows.map(({ id }) => id);
    const goals = await countGoals(tables, ids);
    const tasks = await countTasksOf(database.over<PastTables>(), 'project', ids);
    return rows.map((row) => projectView(row, goals, tasks));
  }

  async function goalViews(rows: readonly GoalRow[]): Promise<readonly ApiGoal[]> {
    const ids = rows.map(({ id }) => id);
    const workflows = await readWorkflows(tables, ids);
    const tasks = await countTasksOf(database.over<PastTables>(), 'goal', ids);
    return rows.map((row) => goalView(row, workflows, tasks));
  }

  async function show(id: string): Promise<ApiProject> {
    const row = await readProject(read, id);
    const [view] = row === undefined ? [] : await projectViews([row]);
    if (view === undefined) throw unknownProject(id);
    return view;
  }

  async function showGoal(id: string): Promise<ApiGoal> {
    const row = await readGoal(read, id);
    const [view] = row === undefined ? [] : await goalViews([row]);
    if (view === undefined) throw unknownGoal(id);
    return view;
  }

  /** What is kept as the answer is the id alone: it is shown as it is when it is asked for again. */
  async function write(
    by: Caller,
    once: Once | undefined,
    act: (tx: Transaction<ProjectTables>, nowMs: number) => Promise<{ id: string; news?: ProjectNews }>,
  ): Promise<string> {
    requirePermission(by, 'submit');
    const { answer, isRepeat } = await tables.transaction((tx) =>
      answerOnce(tx.over<TaskTables>(), { once, read: answered, act: async () => act(tx, await tx.nowMs()) }),
    );
    if (!isRepeat && answer.news !== undefined) changed(answer.news);
    return answer.id;
  }

  async function requireRoom(
    tx: Transaction<ProjectTables>,
    table: 'projects_projects' | 'projects_goals',
    most: number,
  ): Promise<void> {
    // Two that come at once do not both count what was there before.
    await takeGuard(tx, GUARD);
    if ((await countRows(tx, table)) < most) return;
    const what = table === 'projects_projects' ? 'projects' : 'goals';
    throw new AppError('overloaded', `There are ${most} ${what} already; give new work to one of those.`, {
      details: { limit: most },
    });
  }

  async function requireProject(tx: Transaction<ProjectTables>, id: string | null): Promise<void> {
    if (id !== null && (await readProject(tx, id)) === undefined) throw unknownProject(id);
  }

  return {
    async create({ id = makeId('project'), initial_status: status, ...project }, by, once) {
      const made = await write(by, once, async (tx, nowMs) => {
        await requireRoom(tx, 'projects_projects', MAX_PROJECTS);
        if ((await readProject(tx, id)) !== undefined) throw taken('project', id);
        const { name, description, lead_agent_id = null } = project;
        const times = { created_by: by.id, created_ms: nowMs, changed_ms: nowMs };
        await insertProject(tx, { id, name, description, status, lead_agent_id, ...times });
        return { id, news: { kind: 'project', id, name, status, before: undefined, by: by.id } };
      });
      return await show(made);
    },
    async update(id, { name, description, status, lead_agent_id: lead }, by, once) {
      await write(by, once, async (tx, nowMs) => {
        const row = await lockProject(tx, id);
        if (row === undefined) throw unknownProject(id);
        const after = {
          ...row,
          name: name ?? row.name,
          description: description ?? row.description,
          status: status ?? row.status,
          lead_agent_id: lead === undefined ? row.lead_agent_id : lead,
          changed_ms: nowMs,
        };
        await updateProject(tx, after);
        return { id, ...newsOf('project', row, after, by) };
      });
      return await show(id);
    },
    get: show,
    async list({ limit, cursor, statuses }) {
      const most = Math.min(limit, MAX_PROJECT_PAGE);
      const rows = await readProjectPage(read, { statuses, limit: most, after: placeOf(cursor) });
      return { items: await projectViews(rows), nextCursor: cursorAfter(rows, most) };
    },
    async createGoal({ id = makeId('goal'), initial_status: status, ...goal }, by, once) {
      const made = await write(by, once, async (tx, nowMs) => {
        await requireRoom(tx, 'projects_goals', MAX_GOALS);
        if ((await readGoal(tx, id)) !== undefined) throw taken('goal', id);
        const { name, description, project_id = null } = goal;
        await requireProject(tx, project_id);
        const times = { created_by: by.id, created_ms: nowMs, changed_ms: nowMs };
        await insertGoal(tx, { id, name, description, status, project_id, ...times });
        return { id, news: { kind: 'goal', id, name, status, before: undefined, by: by.id } };
      });
      return await showGoal(made);
    },
    async updateGoal(id, { name, description, status, project_id: project }, by, once) {
      await write(by, once, async (tx, nowMs) => {
        const row = await lockGoal(tx, id);
        if (row === undefined) throw unknownGoal(id);
        const after = {
          ...row,
          name: name ?? row.name,
          description: description ?? row.description,
          status: status ?? row.status,
          project_id: project === undefined ? row.project_id : project,
          changed_ms: nowMs,
        };
        await requireProject(tx, after.project_id);
        await updateGoal(tx, after);
        return { id, ...newsOf('goal', row, after, by) };
      });
      return await showGoal(id);
    },
    goal: showGoal,
    async goals({ limit, cursor, ...query }) {
      const most = Math.min(limit, MAX_PROJECT_PAGE);
      const rows = await readGoalPage(read, { ...query, limit: most, after: placeOf(cursor) });
      return { items: await goalViews(rows), nextCursor: cursorAfter(rows, most) };
    },
    async linkWorkflow({ workflow_id, goal_id }, by, once) {
      await write(by, once, async (tx, nowMs) => {
        if ((await lockGoal(tx, goal_id)) === undefined) throw unknownGoal(goal_id);
        await insertWorkflow(tx, { workflow_id, goal_id, linked_by: by.id, linked_ms: nowMs });
        const linked = await readWorkflows({ dialect: tx.dialect, read: tx }, [goal_id]);
        if (linked.length > MAX_LINKED_WORKFLOWS)
          throw new AppError(
            'overloaded',
            `The goal ${goal_id} has ${MAX_LINKED_WORKFLOWS} workflows already; make another goal for more.`,
            { details: { limit: MAX_LINKED_WORKFLOWS } },
          );
        return { id: goal_id };
      });
      return await showGoal(goal_id);
    },
    async linkStep(link, by, once) {
      await write(by, once, async (tx, nowMs) => {
        await upsertExternal(tx, { ...link, linked_by: by.id, linked_ms: nowMs });
        return { id: link.step_id };
      });
    },
    async externalLinks(workflowId) {
      const rows = await readExternal(read, workflowId, MAX_EXTERNAL_SHOWN);
      return rows.map(({ workflow_id, step_id, external_system, external_task_id }) => ({
        workflow_id,
        step_id,
        external_system,
        external_task_id,
      }));
    },
  };
}

interface Written {
  readonly id: string;
  readonly news?: ProjectNews;
}

function answered(value: unknown): Written | undefined {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
    ? { id: value.id }
    : undefined;
}

function newsOf(
  kind: ProjectNews['kind'],
  { status: before }: { readonly status: string },
  { id, name, status }: { readonly id: string; readonly name: string; readonly status: string },
  by: Caller,
): { news?: ProjectNews } {
  return status === before ? {} : { news: { kind, id, name, status, before, by: by.id } };
}

export function unknownGoal(id: string): AppError {
  return new AppError('not_found', `There is no goal ${id}; list_goals says which there are.`);
}

function unknownProject(id: string): AppError {
  return new AppError('not_found', `There is no project ${id}; list_projects says which there are.`);
}

function taken(kind: string, id: string): AppError {
  return new AppError(
    'conflict',
    `There is a ${kind} ${id} already; choose another id, or update that one.`,
    { details: { kind: 'id_taken' } },
  );
}
