// Knowledge over the API. Without a project it is that of `default`.

import {
  ApiEntitySchema,
  ApiGraphListSchema,
  ApiGraphPageSchema,
  ApiNodesSchema,
  ApiSearchPageSchema,
  CreatedEntitiesSchema,
  CreatedRelationsSchema,
  DeletedCountSchema,
  DeletedEntitiesSchema,
  ObservationsResultSchema,
  type AddedObservations,
  type ApiEntity,
  type ApiGraph,
  type ApiGraphPage,
  type ApiNodes,
  type ApiSearchPage,
  type CreatedEntities,
  type CreatedRelations,
  type DeletedCount,
  type DeletedEntities,
  type DeletedObservations,
  type EntityChange,
  type EntityInput,
  type ObservationsResult,
  type RelationInput,
  type RelationKey,
} from '@tutti/schemas';
import type { AnswerSchema, Http, RequestOptions } from '../http.ts';
import { search } from '../search.ts';
import type { OnceOptions } from './tasks.ts';

export interface KnowledgeOptions extends RequestOptions {
  readonly project?: string | undefined;
}

export interface KnowledgePageOptions extends KnowledgeOptions {
  /** Items of the page, at most 500 (100). */
  readonly limit?: number | undefined;
  /** Where the page before ended. */
  readonly cursor?: string | undefined;
}

export interface KnowledgeSearchOptions extends KnowledgePageOptions {
  /** Only entities of this type. */
  readonly type?: string | undefined;
}

export interface KnowledgeChangeOptions extends KnowledgeOptions, OnceOptions {}

export interface KnowledgeClient {
  /** The projects that have knowledge, and how much. */
  graphs(options?: RequestOptions): Promise<ApiGraph[]>;
  /** A page: entities, then relations. */
  graph(options?: KnowledgePageOptions): Promise<ApiGraphPage>;
  /** The best first. */
  search(query: string, options?: KnowledgeSearchOptions): Promise<ApiSearchPage>;
  /** With the relations that begin or end at them. */
  open(names: readonly string[], options?: KnowledgeOptions): Promise<ApiNodes>;
  /** Those that there are already stay as they are. */
  createEntities(
    entities: readonly EntityInput[],
    options?: KnowledgeChangeOptions,
  ): Promise<CreatedEntities>;
  updateNode(name: string, change: EntityChange, options?: KnowledgeChangeOptions): Promise<ApiEntity>;
  /** Their relations go with them. */
  deleteEntities(names: readonly string[], options?: KnowledgeChangeOptions): Promise<DeletedEntities>;
  addObservations(
    observations: readonly AddedObservations[],
    options?: KnowledgeChangeOptions,
  ): Promise<ObservationsResult>;
  deleteObservations(
    deletions: readonly DeletedObservations[],
    options?: KnowledgeChangeOptions,
  ): Promise<DeletedCount>;
  /** Both ends have to be there. */
  createRelations(
    relations: readonly RelationInput[],
    options?: KnowledgeChangeOptions,
  ): Promise<CreatedRelations>;
  deleteRelations(relations: readonly RelationKey[], options?: KnowledgeChangeOptions): Promise<DeletedCount>;
}

export function createKnowledgeClient(http: Http): KnowledgeClient {
  const base = '/api/v1/knowledge';
  function change<T>(
    path: string,
    schema: AnswerSchema<T>,
    body: object,
    { project: project_id, ...options }: KnowledgeChangeOptions = {},
    method: 'POST' | 'PATCH' = 'POST',
  ): Promise<T> {
    return http.request(method, `${base}/${path}`, schema, {
      ...options,
      text: JSON.stringify({ project_id, ...body }),
    });
  }

  return {
    async graphs(options) {
      return (await http.request('GET', `${base}/graphs`, ApiGraphListSchema, options)).items;
    },
    graph: ({ signal, ...page } = {}) =>
      http.request('GET', `${base}/graph${search({ ...page })}`, ApiGraphPageSchema, { signal }),
    search: (query, { signal, ...page } = {}) =>
      http.request('GET', `${base}/search${search({ query, ...page })}`, ApiSearchPageSchema, { signal }),
    open(names, { signal, project } = {}) {
      const asked = new URLSearchParams();
      for (const name of names) asked.append('name', name);
      if (project !== undefined) asked.set('project', project);
      return http.request('GET', `${base}/nodes?${asked.toString()}`, ApiNodesSchema, { signal });
    },
    createEntities: (entities, options) => change('entities', CreatedEntitiesSchema, { entities }, options),
    updateNode: (name, changed, options) =>
      change(`entities/${encodeURIComponent(name)}`, ApiEntitySchema, changed, options, 'PATCH'),
    deleteEntities: (entityNames, options) =>
      change('entities/delete', DeletedEntitiesSchema, { entityNames }, options),
    addObservations: (observations, options) =>
      change('observations', ObservationsResultSchema, { observations }, options),
    deleteObservations: (deletions, options) =>
      change('observations/delete', DeletedCountSchema, { deletions }, options),
    createRelations: (relations, options) =>
      change('relations', CreatedRelationsSchema, { relations }, options),
    deleteRelations: (relations, options) =>
      change('relations/delete', DeletedCountSchema, { relations }, options),
  };
}
