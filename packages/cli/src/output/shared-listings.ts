// The lists of what agents share: projects, goals, knowledge.

import {
  GOAL_STATUSES,
  PROJECT_STATUSES,
  type ApiEntity,
  type ApiGoal,
  type ApiProgress,
  type ApiProject,
} from '@tutti/schemas';
import type { GoalQuery, ProjectQuery, RequestOptions, TuttiClient } from '@tutti/sdk';
import { Option } from 'commander';
import type { Listing } from './listings.ts';
import { oneLine } from './printable.ts';
import { limitOption } from './work-listings.ts';
import { relativeTime } from './words.ts';

/** Lines that fit what a person reads; `--limit` asks for more. */
const DEFAULT_ENTITIES = 100;
const MAX_NOTE_WIDTH = 80;

interface ProjectFilters extends Pick<ProjectQuery, 'limit'> {
  readonly status?: ProjectQuery['statuses'];
}

export const PROJECTS: Listing<ApiProject, ProjectFilters> = {
  name: 'projects',
  alias: 'project',
  description: 'what work is for, and how far it is, the newest first',
  filters: () => [
    new Option('--status <statuses...>', 'only of these statuses').choices(PROJECT_STATUSES),
    limitOption('so many at most'),
  ],
  list: (client, { signal, status, limit }) => client.projects.list({ signal, statuses: status, limit }),
  key: ({ id }) => id,
  header: ['ID', 'NAME', 'STATUS', 'LEAD', 'GOALS', 'TASKS', 'PROGRESS'],
  row: (project) => [
    oneLine(project.id, Infinity),
    oneLine(project.name, MAX_NOTE_WIDTH / 2),
    project.status,
    project.lead_agent_id ?? '',
    goalsText(project),
    ...progressCells(project.progress),
  ],
  empty: 'There are no such projects. docs/guides/projects.md says how they are made.',
};

interface GoalFilters extends Pick<GoalQuery, 'limit' | 'project'> {
  readonly status?: GoalQuery['statuses'];
}

export const GOALS: Listing<ApiGoal, GoalFilters> = {
  name: 'goals',
  alias: 'goal',
  description: 'what projects are to reach, the newest first',
  filters: () => [
    new Option('--project <id>', 'only of this project'),
    new Option('--status <statuses...>', 'only of these statuses').choices(GOAL_STATUSES),
    limitOption('so many at most'),
  ],
  list: (client, { signal, status, project, limit }) =>
    client.goals.list({ signal, statuses: status, project, limit }),
  key: ({ id }) => id,
  header: ['ID', 'NAME', 'STATUS', 'PROJECT', 'TASKS', 'PROGRESS'],
  row: (goal) => [
    oneLine(goal.id, Infinity),
    oneLine(goal.name, MAX_NOTE_WIDTH / 2),
    goal.status,
    goal.project_id ?? '',
    ...progressCells(goal.progress),
  ],
  empty: 'There are no such goals. docs/guides/projects.md says how they are made.',
};

interface EntityFilters {
  readonly project?: string;
  readonly search?: string;
  readonly type?: string;
  readonly limit?: number;
}

export const ENTITIES: Listing<ApiEntity, EntityFilters> = {
  name: 'entities',
  alias: 'entity',
  description: 'what agents know, in the order in which it was added or as it fits a search',
  filters: () => [
    new Option('--project <id>', 'of this project (default)'),
    new Option('--search <words>', 'the best that have any of these words'),
    new Option('--type <type>', 'only of this type; with --search'),
    limitOption(`so many at most (${DEFAULT_ENTITIES})`),
  ],
  list: listEntities,
  key: ({ name }) => name,
  header: ['NAME', 'TYPE', 'OBSERVATIONS', 'CHANGED', 'FIRST'],
  row: ({ name, entityType, observations, updated_at: changed }) => [
    oneLine(name, Infinity),
    entityType,
    String(observations.length),
    relativeTime(changed, Date.now()),
    oneLine(observations[0] ?? '', MAX_NOTE_WIDTH),
  ],
  empty: 'Nothing of that is known. docs/guides/knowledge.md says how agents add to it.',
};

async function listEntities(
  client: TuttiClient,
  { signal, project, search, type, limit: wanted = DEFAULT_ENTITIES }: RequestOptions & EntityFilters,
): Promise<ApiEntity[]> {
  const items: ApiEntity[] = [];
  let cursor: string | undefined;
  do {
    const page = { signal, project, limit: wanted - items.length, cursor };
    const { entities, nextCursor } =
      search === undefined
        ? await client.knowledge.graph(page)
        : await client.knowledge.search(search, { ...page, type });
    items.push(...entities);
    // After the entities of a graph come its relations.
    cursor = entities.length === 0 ? undefined : nextCursor;
  } while (cursor !== undefined && items.length < wanted);
  return items;
}

export function goalsText({ goals }: ApiProject): string {
  const all = Object.values(goals).reduce((sum, one) => sum + one, 0);
  return `${goals.done}/${all}`;
}

function progressCells({ tasks, cancelled, completed, share }: ApiProgress): [string, string] {
  return [`${completed}/${tasks - cancelled}`, share === undefined ? '' : `${Math.round(share * 100)} %`];
}
