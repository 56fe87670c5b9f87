// What agents know together: entities, what was observed of them, and how they relate; each project has a graph of its own.

import {
  AddObservationsSchema,
  ApiEntitySchema,
  ApiFoundEntitySchema,
  ApiNodesSchema,
  ApiRelationSchema,
  CreatedEntitiesSchema,
  CreatedRelationsSchema,
  CreateEntitiesSchema,
  CreateRelationsSchema,
  DeletedCountSchema,
  DeletedEntitiesSchema,
  DeleteEntitiesSchema,
  DeleteObservationsSchema,
  DeleteRelationsSchema,
  MAX_KNOWLEDGE_PAGE,
  ObservationsResultSchema,
  OpenNodesSchema,
  SearchQuerySchema,
  UpdateNodeSchema,
  WordSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import type { Change } from '../../../coordination/knowledge/write.ts';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { type AgentCall, agentTool, noticed } from './agent-tool.ts';
import { asAgent, once } from './arguments.ts';
import { entityText, graphText, listed } from './knowledge-words.ts';

const { project_id } = OpenNodesSchema.shape;
const of = {
  project_id: project_id.describe('Whose knowledge; left out: what no project is named for.'),
  ...asAgent,
};
const changed = { ...of, ...once };
const cursor = z.string().optional().describe('The next_cursor of the answer before.');

const changeIn = (project: string, { caller: by, once: asked }: AgentCall): Change => ({
  project,
  by,
  once: asked,
});

export function knowledgeTools(running: Running): readonly NativeTool[] {
  return [
    agentTool(running, {
      name: 'create_entities',
      title: 'Create entities',
      description:
        'Adds entities to what is known. One that there is already stays as it is; add_observations adds to it.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: CreateEntitiesSchema.extend(changed),
      output: CreatedEntitiesSchema.extend(noticed),
      call: ({ project_id: project, entities }, call) =>
        call.deps.coordination.knowledge.createEntities(entities, changeIn(project, call)),
      text: ({ created, existing }) =>
        [
          created.length === 0 ? 'Nothing was created.' : `Created: ${listed(created)}.`,
          ...(existing.length === 0 ? [] : [`There already: ${listed(existing)}.`]),
        ].join(' '),
    }),
    agentTool(running, {
      name: 'update_node',
      title: 'Change an entity',
      description: 'Changes the name, the type, all observations or all metadata of an entity.',
      effect: 'destroys',
      actor: 'agent_id',
      input: UpdateNodeSchema.extend(changed),
      output: z.object({ entity: ApiEntitySchema, ...noticed }),
      async call({ project_id: project, agent_id: _agent, idempotency_key: _key, name, ...change }, call) {
        const { knowledge } = call.deps.coordination;
        return { entity: await knowledge.updateNode(name, change, changeIn(project, call)) };
      },
      text: ({ entity }) => entityText(entity),
    }),
    agentTool(running, {
      name: 'delete_entities',
      title: 'Delete entities',
      description: 'Deletes entities and the relations that begin or end at them.',
      effect: 'destroys',
      isRepeatable: true,
      actor: 'agent_id',
      input: DeleteEntitiesSchema.extend(changed),
      output: DeletedEntitiesSchema.extend(noticed),
      call: ({ project_id: project, entityNames }, call) =>
        call.deps.coordination.knowledge.deleteEntities(entityNames, changeIn(project, call)),
      text: ({ deleted, missing, deleted_relations: relations }) =>
        [
          `Deleted ${deleted.length} entities and ${relations} relations.`,
          ...(missing.length === 0 ? [] : [`There are none named ${listed(missing)}.`]),
        ].join(' '),
    }),
    agentTool(running, {
      name: 'add_observations',
      title: 'Add observations',
      description: 'Adds what was observed to entities that there are.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: AddObservationsSchema.extend(changed),
      output: ObservationsResultSchema.extend(noticed),
      call: ({ project_id: project, observations }, call) =>
        call.deps.coordination.knowledge.addObservations(observations, changeIn(project, call)),
      text: ({ results }) =>
        results
          .map(({ entityName, addedObservations: { length } }) => `${entityName}: ${length} added.`)
          .join('\n'),
    }),
    agentTool(running, {
      name: 'delete_observations',
      title: 'Delete observations',
      description: 'Deletes observations, word for word, of entities.',
      effect: 'destroys',
      isRepeatable: true,
      actor: 'agent_id',
      input: DeleteObservationsSchema.extend(changed),
      output: DeletedCountSchema.extend(noticed),
      call: ({ project_id: project, deletions }, call) =>
        call.deps.coordination.knowledge.deleteObservations(deletions, changeIn(project, call)),
      text: ({ deleted }) => `Deleted ${deleted} observations.`,
    }),
    agentTool(running, {
      name: 'create_relations',
      title: 'Create relations',
      description: 'Relates entities, in the active voice: from calls to. Both have to be there.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: CreateRelationsSchema.extend(changed),
      output: CreatedRelationsSchema.extend(noticed),
      call: ({ project_id: project, relations }, call) =>
        call.deps.coordination.knowledge.createRelations(relations, changeIn(project, call)),
      text: ({ created, existing }) => `Created ${created} relations; ${existing} there were already.`,
    }),
    agentTool(running, {
      name: 'delete_relations',
      title: 'Delete relations',
      description: 'Deletes relations between entities, which stay.',
      effect: 'destroys',
      isRepeatable: true,
      actor: 'agent_id',
      input: DeleteRelationsSchema.extend(changed),
      output: DeletedCountSchema.extend(noticed),
      call: ({ project_id: project, relations }, call) =>
        call.deps.coordination.knowledge.deleteRelations(relations, changeIn(project, call)),
      text: ({ deleted }) => `Deleted ${deleted} relations.`,
    }),
    agentTool(running, {
      name: 'read_graph',
      title: 'Read all knowledge',
      description:
        'Everything that is known, page by page: entities, then relations. search_nodes finds faster.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        limit: z.int().min(1).max(MAX_KNOWLEDGE_PAGE).default(100).describe('Entities and relations.'),
        cursor,
        ...of,
      }),
      output: z.object({
        entities: z.array(ApiEntitySchema),
        relations: z.array(ApiRelationSchema),
        total_entities: z.int(),
        total_relations: z.int(),
        next_cursor: z.string().optional(),
        ...noticed,
      }),
      async call({ project_id: project, limit, cursor: from }, { deps }) {
        const { nextCursor, ...page } = await deps.coordination.knowledge.graph(project, {
          limit,
          cursor: from,
        });
        return { ...page, next_cursor: nextCursor };
      },
      text: ({ next_cursor: next, total_entities: entities, total_relations: relations, ...page }) =>
        `${entities} entities and ${relations} relations.\n${graphText(page)}${more(next)}`,
    }),
    agentTool(running, {
      name: 'search_nodes',
      title: 'Search knowledge',
      description:
        'Finds entities by words in their names, types and observations, the best first. Any of the words is enough; more of them, and rarer ones, count more.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        query: SearchQuerySchema.describe('Words, in any order.'),
        entityType: WordSchema.optional().describe('Only entities of this type.'),
        limit: z.int().min(1).max(100).default(10),
        cursor,
        ...of,
      }),
      output: z.object({
        entities: z.array(ApiFoundEntitySchema),
        relations: z.array(ApiRelationSchema).describe('Between these.'),
        next_cursor: z.string().optional(),
        ...noticed,
      }),
      async call({ project_id: project, query, entityType, limit, cursor: from }, { deps }) {
        const search = { query, entityType, limit, cursor: from };
        const { nextCursor, ...page } = await deps.coordination.knowledge.search(project, search);
        return { ...page, next_cursor: nextCursor };
      },
      text: ({ next_cursor: next, ...page }) =>
        page.entities.length === 0 ? 'Nothing is known of that.' : graphText(page) + more(next),
    }),
    agentTool(running, {
      name: 'open_nodes',
      title: 'Entities by name',
      description: 'Entities by their names, with the relations that begin or end at them.',
      effect: 'reads',
      actor: 'agent_id',
      input: OpenNodesSchema.extend(of),
      output: ApiNodesSchema.extend(noticed),
      call: ({ project_id: project, names }, { deps }) => deps.coordination.knowledge.open(project, names),
      text: ({ missing, left_out: left, ...page }) =>
        [
          graphText(page),
          ...(missing.length === 0 ? [] : [`There are none named ${listed(missing)}.`]),
          ...(left.length === 0 ? [] : [`Too large for one answer, open them next: ${listed(left)}.`]),
        ].join('\n'),
    }),
  ];
}

function more(next: string | undefined): string {
  return next === undefined ? '' : `\nMore with cursor ${next}.`;
}
