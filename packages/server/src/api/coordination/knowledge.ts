// Knowledge over HTTP. Which project it is of stands in the query of what reads, and in the body of what changes.

import {
  AddObservationsSchema,
  ApiEntitySchema,
  ApiGraphListSchema,
  ApiGraphPageSchema,
  ApiNodesSchema,
  ApiSearchPageSchema,
  CreatedEntitiesSchema,
  CreatedRelationsSchema,
  CreateEntitiesSchema,
  CreateRelationsSchema,
  DEFAULT_PROJECT,
  DeletedCountSchema,
  DeletedEntitiesSchema,
  DeleteEntitiesSchema,
  DeleteObservationsSchema,
  DeleteRelationsSchema,
  ObservationsResultSchema,
  OpenNodesSchema,
  ProjectIdSchema,
  SearchQuerySchema,
  UpdateNodeSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import type { Knowledge } from '../../coordination/knowledge/knowledge.ts';
import type { Change } from '../../coordination/knowledge/write.ts';
import { AppError } from '../../kernel/errors.ts';
import { textValue } from '../query-values.ts';
import { get, patch, post, type Route, type RouteGroup, type Shown } from '../route.ts';
import { MAX_AGENT_BODY_BYTES, MAX_TASK_BODY_BYTES } from './body.ts';
import { callerOf } from './caller.ts';
import { page } from './query.ts';

const project = ProjectIdSchema.meta({
  openapi: { type: 'string', description: `Of which project (${DEFAULT_PROJECT}).` },
}).default(DEFAULT_PROJECT);
const GraphQuerySchema = z.strictObject({ project, ...page });
const SearchSchema = GraphQuerySchema.extend({
  query: SearchQuerySchema.meta({ openapi: { type: 'string', description: 'Words that are looked for.' } }),
  type: textValue('Only of this type.').optional(),
});
const NodesSchema = z.strictObject({
  project,
  name: z
    .string()
    .meta({
      openapi: { type: 'array', items: { type: 'string' }, description: 'Names of entities, once for each.' },
    })
    .optional(),
});
const ChangedNodeSchema = UpdateNodeSchema.omit({ name: true });

export const KNOWLEDGE_ROUTES: RouteGroup = {
  tag: 'Knowledge',
  about: 'What agents know together: a graph of entities and relations for each project.',
  routes: [
    get('/api/v1/knowledge/graphs', 'The graphs that there are, and how large they are.').answers(
      ApiGraphListSchema,
      async (_, { coordination: { knowledge } }) => ({ items: await knowledge.graphs() }),
    ),
    get('/api/v1/knowledge/graph', 'All entities of a graph by name, page by page, with their relations.')
      .query(GraphQuerySchema)
      .answers(ApiGraphPageSchema, ({ query: { project: of, ...rest } }, { coordination: { knowledge } }) =>
        knowledge.graph(of, rest),
      ),
    get('/api/v1/knowledge/search', 'The entities that a search finds, the best first.')
      .query(SearchSchema)
      .answers(
        ApiSearchPageSchema,
        ({ query: { project: of, type: entityType, ...search } }, { coordination: { knowledge } }) =>
          knowledge.search(of, { ...search, entityType }),
      ),
    get('/api/v1/knowledge/nodes', 'Some entities by their names, with the relations between them.')
      .query(NodesSchema)
      .answers(ApiNodesSchema, async ({ c, query }, { coordination: { knowledge } }) => {
        const asked = OpenNodesSchema.safeParse({ project_id: query.project, names: c.req.queries('name') });
        if (!asked.success)
          throw new AppError('invalid_params', 'Give 1 to 100 names of entities: ?name=A&name=B.');
        return await knowledge.open(asked.data.project_id, asked.data.names);
      }),
    patch('/api/v1/knowledge/entities/:name', 'Changes an entity.')
      .body(ChangedNodeSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .fails('conflict', 'overloaded')
      .answers(
        ApiEntitySchema,
        ({ c, param, body: { project_id: of, ...changed }, once }, { coordination: { knowledge } }) =>
          knowledge.updateNode(param('name'), changed, { project: of, by: callerOf(c), once }),
      ),
    change(
      'entities',
      'Adds entities; those that are there already stay as they are.',
      [CreateEntitiesSchema, CreatedEntitiesSchema],
      (knowledge, { entities }, of) => knowledge.createEntities(entities, of),
    ),
    change(
      'entities/delete',
      'Deletes entities, and the relations that they have.',
      [DeleteEntitiesSchema, DeletedEntitiesSchema],
      (knowledge, { entityNames }, of) => knowledge.deleteEntities(entityNames, of),
    ),
    change(
      'observations',
      'Adds what was observed of entities.',
      [AddObservationsSchema, ObservationsResultSchema],
      (knowledge, { observations }, of) => knowledge.addObservations(observations, of),
    ),
    change(
      'observations/delete',
      'Takes observations away.',
      [DeleteObservationsSchema, DeletedCountSchema],
      (knowledge, { deletions }, of) => knowledge.deleteObservations(deletions, of),
    ),
    change(
      'relations',
      'Adds relations between entities.',
      [CreateRelationsSchema, CreatedRelationsSchema],
      (knowledge, { relations }, of) => knowledge.createRelations(relations, of),
    ),
    change(
      'relations/delete',
      'Takes relations away.',
      [DeleteRelationsSchema, DeletedCountSchema],
      (knowledge, { relations }, of) => knowledge.deleteRelations(relations, of),
    ),
  ],
};

function change<Body extends { readonly project_id: string }, Answer extends z.ZodType>(
  path: string,
  summary: string,
  [body, answer]: readonly [z.ZodType<Body>, Answer],
  make: (knowledge: Knowledge, body: Body, of: Change) => Promise<Shown<z.output<NoInfer<Answer>>>>,
): Route {
  return post(`/api/v1/knowledge/${path}`, summary)
    .body(body, MAX_TASK_BODY_BYTES)
    .repeatable()
    .fails('conflict', 'overloaded')
    .answers(answer, ({ c, body: given, once }, { coordination: { knowledge } }) =>
      make(knowledge, given, { project: given.project_id, by: callerOf(c), once }),
    );
}
