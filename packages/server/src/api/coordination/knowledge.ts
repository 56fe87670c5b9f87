// Knowledge over HTTP. Which project it is of stands in the query of what reads, and in the body of what changes.

import {
  AddObservationsSchema,
  CreateEntitiesSchema,
  CreateRelationsSchema,
  DEFAULT_PROJECT,
  DeleteEntitiesSchema,
  DeleteObservationsSchema,
  DeleteRelationsSchema,
  OpenNodesSchema,
  ProjectIdSchema,
  SearchQuerySchema,
  UpdateNodeSchema,
} from '@tutti/schemas';
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { Change } from '../../coordination/knowledge/write.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { MAX_AGENT_BODY_BYTES, MAX_TASK_BODY_BYTES, readBody } from './body.ts';
import { callerOf } from './caller.ts';
import { limit, readQuery, text } from './query.ts';

const project = ProjectIdSchema.default(DEFAULT_PROJECT);
const GraphQuerySchema = z.strictObject({ project, limit, cursor: text.optional() });
const SearchSchema = GraphQuerySchema.extend({ query: SearchQuerySchema, type: text.optional() });
const ChangedNodeSchema = UpdateNodeSchema.omit({ name: true });

export function addKnowledgeRoutes(api: Hono<ApiEnv>, { coordination }: Pick<ApiDeps, 'coordination'>): void {
  const { knowledge } = coordination;

  api.get('/knowledge/graphs', async (c) => c.json({ items: await knowledge.graphs() }));
  api.get('/knowledge/graph', async (c) => {
    const { project: of, ...page } = readQuery(c, GraphQuerySchema);
    return c.json(await knowledge.graph(of, page));
  });
  api.get('/knowledge/search', async (c) => {
    const { project: of, type: entityType, ...search } = readQuery(c, SearchSchema);
    return c.json(await knowledge.search(of, { ...search, entityType }));
  });
  api.get('/knowledge/nodes', async (c) => {
    const asked = OpenNodesSchema.safeParse({
      project_id: c.req.query('project'),
      names: c.req.queries('name'),
    });
    if (!asked.success)
      throw new AppError('invalid_params', 'Give 1 to 100 names of entities: ?name=A&name=B.');
    const { project_id: of, names } = asked.data;
    return c.json(await knowledge.open(of, names));
  });
  api.patch('/knowledge/entities/:name', async (c) => {
    const { body, once } = await readBody(c, ChangedNodeSchema, MAX_AGENT_BODY_BYTES);
    const { project_id: of, ...changed } = body;
    const change = { project: of, by: callerOf(c), once };
    return c.json(await knowledge.updateNode(c.req.param('name'), changed, change));
  });
  change('entities', CreateEntitiesSchema, ({ entities }, of) => knowledge.createEntities(entities, of));
  change('entities/delete', DeleteEntitiesSchema, ({ entityNames }, of) =>
    knowledge.deleteEntities(entityNames, of),
  );
  change('observations', AddObservationsSchema, ({ observations }, of) =>
    knowledge.addObservations(observations, of),
  );
  change('observations/delete', DeleteObservationsSchema, ({ deletions }, of) =>
    knowledge.deleteObservations(deletions, of),
  );
  change('relations', CreateRelationsSchema, ({ relations }, of) => knowledge.createRelations(relations, of));
  change('relations/delete', DeleteRelationsSchema, ({ relations }, of) =>
    knowledge.deleteRelations(relations, of),
  );

  function change<Body extends { readonly project_id: string }>(
    path: string,
    schema: z.ZodType<Body>,
    make: (body: Body, of: Change) => Promise<object>,
  ): void {
    api.post(`/knowledge/${path}`, async (c: Context<ApiEnv>) => {
      const { body, once } = await readBody(c, schema, MAX_TASK_BODY_BYTES);
      return c.json(await make(body, { project: body.project_id, by: callerOf(c), once }));
    });
  }
}
