// The SQL of projects and goals.

import type { GoalStatus, ProjectStatus } from '@tutti/schemas';
import { isOneOf } from '../../store/json-rows.ts';
import type { Queries, ReadQueries, Transaction } from '../../store/database.ts';
import type { DialectName } from '../../store/driver.ts';

export interface ProjectRow {
  id: string;
  name: string;
  description: string;
  status: ProjectStatus;
  lead_agent_id: string | null;
  created_by: string;
  created_ms: number;
  changed_ms: number;
}

export interface GoalRow {
  id: string;
  name: string;
  description: string;
  project_id: string | null;
  status: GoalStatus;
  created_by: string;
  created_ms: number;
  changed_ms: number;
}

interface WorkflowRow {
  goal_id: string;
  workflow_id: string;
  linked_by: string;
  linked_ms: number;
}

interface ExternalRow {
  workflow_id: string;
  step_id: string;
  external_system: string;
  external_task_id: string;
  linked_by: string;
  linked_ms: number;
}

export interface ProjectTables {
  projects_projects: ProjectRow;
  projects_goals: GoalRow;
  projects_workflows: WorkflowRow;
  projects_external: ExternalRow;
}

export interface ProjectReads {
  readonly dialect: DialectName;
  readonly read: ReadQueries<ProjectTables>;
}

/** Which rows of a list, the newest first. */
export interface PageOf {
  readonly limit: number;
  readonly after: { readonly createdMs: number; readonly id: string } | undefined;
}

export async function insertProject(queries: Queries<ProjectTables>, row: ProjectRow): Promise<void> {
  await queries.insertInto('projects_projects').values(row).execute();
}

export async function readProject(
  read: ReadQueries<ProjectTables>,
  id: string,
): Promise<ProjectRow | undefined> {
  return await read.selectFrom('projects_projects').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Nobody else changes it until the transaction ends. */
export async function lockProject(
  tx: Transaction<ProjectTables>,
  id: string,
): Promise<ProjectRow | undefined> {
  const query = tx.selectFrom('projects_projects').selectAll().where('id', '=', id);
  return await (tx.dialect === 'postgres' ? query.forUpdate() : query).executeTakeFirst();
}

export async function updateProject(
  queries: Queries<ProjectTables>,
  { id, ...row }: ProjectRow,
): Promise<void> {
  await queries.updateTable('projects_projects').set(row).where('id', '=', id).execute();
}

export async function readProjectPage(
  read: ReadQueries<ProjectTables>,
  { statuses, after, limit }: PageOf & { readonly statuses?: readonly ProjectStatus[] | undefined },
): Promise<readonly ProjectRow[]> {
  let query = read.selectFrom('projects_projects').selectAll();
  if (statuses !== undefined && statuses.length > 0) query = query.where('status', 'in', statuses);
  if (after !== undefined)
    query = query.where((eb) =>
      eb.or([
        eb('created_ms', '<', after.createdMs),
        eb.and([eb('created_ms', '=', after.createdMs), eb('id', '<', after.id)]),
      ]),
    );
  return await query.orderBy('created_ms', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

export async function insertGoal(queries: Queries<ProjectTables>, row: GoalRow): Promise<void> {
  await queries.insertInto('projects_goals').values(row).execute();
}

export async function readGoal(read: ReadQueries<ProjectTables>, id: string): Promise<GoalRow | undefined> {
  return await read.selectFrom('projects_goals').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function lockGoal(tx: Transaction<ProjectTables>, id: string): Promise<GoalRow | undefined> {
  const query = tx.selectFrom('projects_goals').selectAll().where('id', '=', id);
  return await (tx.dialect === 'postgres' ? query.forUpdate() : query).executeTakeFirst();
}

export async function updateGoal(queries: Queries<ProjectTables>, { id, ...row }: GoalRow): Promise<void> {
  await queries.updateTable('projects_goals').set(row).where('id', '=', id).execute();
}

export interface GoalPageOf extends PageOf {
  readonly statuses?: readonly GoalStatus[] | undefined;
  readonly projectId?: string | undefined;
}

export async function readGoalPage(
  read: ReadQueries<ProjectTables>,
  { statuses, projectId, after, limit }: GoalPageOf,
): Promise<readonly GoalRow[]> {
  let query = read.selectFrom('projects_goals').selectAll();
  if (statuses !== undefined && statuses.length > 0) query = query.where('status', 'in', statuses);
  if (projectId !== undefined) query = query.where('project_id', '=', projectId);
  if (after !== undefined)
    query = query.where((eb) =>
      eb.or([
        eb('created_ms', '<', after.createdMs),
        eb.and([eb('created_ms', '=', after.createdMs), eb('id', '<', after.id)]),
      ]),
    );
  return await query.orderBy('created_ms', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

export async function countRows(
  queries: ReadQueries<ProjectTables>,
  table: 'projects_projects' | 'projects_goals',
): Promise<number> {
  const { count } = await queries
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

export interface GoalCount {
  project_id: string | null;
  status: GoalStatus;
  count: number;
}

/** How many goals of each status these projects have. */
export async function countGoals(
  { read, dialect }: ProjectReads,
  projects: readonly string[],
): Promise<readonly GoalCount[]> {
  return await read
    .selectFrom('projects_goals')
    .select((eb) => ['project_id', 'status', eb.fn.countAll<number>().as('count')])
    .where(isOneOf(dialect, 'project_id', projects))
    .groupBy(['project_id', 'status'])
    .execute();
}

/** Nothing where it is linked already. */
export async function insertWorkflow(queries: Queries<ProjectTables>, row: WorkflowRow): Promise<void> {
  await queries
    .insertInto('projects_workflows')
    .values(row)
    .onConflict((conflict) => conflict.columns(['goal_id', 'workflow_id']).doNothing())
    .execute();
}

/** The workflows of these goals. */
export async function readWorkflows(
  { read, dialect }: ProjectReads,
  goals: readonly string[],
): Promise<readonly Pick<WorkflowRow, 'goal_id' | 'workflow_id'>[]> {
  return await read
    .selectFrom('projects_workflows')
    .select(['goal_id', 'workflow_id'])
    .where(isOneOf(dialect, 'goal_id', goals))
    .orderBy('goal_id')
    .orderBy('workflow_id')
    .execute();
}

/** In the place of what the step was linked to in that system. */
export async function upsertExternal(queries: Queries<ProjectTables>, row: ExternalRow): Promise<void> {
  const { external_task_id, linked_by, linked_ms } = row;
  await queries
    .insertInto('projects_external')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['workflow_id', 'step_id', 'external_system'])
        .doUpdateSet({ external_task_id, linked_by, linked_ms }),
    )
    .execute();
}

export async function readExternal(
  read: ReadQueries<ProjectTables>,
  workflowId: string,
  limit: number,
): Promise<readonly ExternalRow[]> {
  return await read
    .selectFrom('projects_external')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .orderBy('step_id')
    .orderBy('external_system')
    .limit(limit)
    .execute();
}
