// What whoever does a task should know beside the task itself: what it needs and what became of that, and what its project
// knows of it, by a search for its workflow, for itself, and for what it is about.

import { DEFAULT_PROJECT, type ApiTask, type TaskContext } from '@tutti/schemas';
import type { Engine } from './engine.ts';
import type { Knowledge } from './knowledge/knowledge.ts';
import { readBriefs } from './tasks/reads.ts';

/** Entities that one context holds. */
const MAX_CONTEXT_ENTITIES = 10;
/** Characters of their observations: what does not fit is found by open_nodes. */
const MAX_CONTEXT_CHARS = 32_000;
/** Characters of a description that are searched for. */
const MAX_SEARCHED_CHARS = 500;

export interface TaskContexts {
  of(task: ApiTask): Promise<TaskContext>;
}

export function createTaskContexts({
  database,
  knowledge,
}: Pick<Engine, 'database'> & { readonly knowledge: Pick<Knowledge, 'search'> }): TaskContexts {
  return {
    async of(task) {
      const { id, description, status, workflow_id: workflow, depends_on: needs } = task;
      const [known, dependencies] = await Promise.all([
        knowledge.search(task.project_id ?? DEFAULT_PROJECT, {
          query: queryFor(task),
          limit: MAX_CONTEXT_ENTITIES,
        }),
        readBriefs(database, needs),
      ]);
      const { required_capabilities, requiredTags, preferredTags } = task;
      return {
        ...(workflow !== undefined && { workflow: { id: workflow } }),
        step: { id, description, status },
        requirements: { required_capabilities, requiredTags, preferredTags },
        dependencies: needs.flatMap((need) => dependencies.find((one) => one.id === need) ?? []),
        knowledgeEntities: fitting(known.entities),
      };
    },
  };
}

/** The ids first: of a long query not all is looked for. */
function queryFor({ id, workflow_id: workflow, description }: ApiTask): string {
  const ids = workflow === undefined ? `step:${id}` : `workflow:${workflow} step:${id}`;
  return `${ids} ${description.slice(0, MAX_SEARCHED_CHARS)}`;
}

/** The first ones whole, then as much as fits. */
function fitting(
  entities: readonly {
    readonly name: string;
    readonly entityType: string;
    readonly observations: string[];
  }[],
): TaskContext['knowledgeEntities'] {
  let room = MAX_CONTEXT_CHARS;
  return entities.map(({ name, entityType: type, observations: all }) => {
    const observations = all.filter(({ length }) => {
      const fits = length <= room;
      if (fits) room -= length;
      return fits;
    });
    return { name, type, observations };
  });
}
