// The knowledge graph: entities with observations, and relations between them, each project with a graph of its own. Field
// names are those of the systems whose clients keep working here.

import { z } from 'zod';
import { ApiTimeSchema } from '../api/server.ts';
import { WordSchema } from './names.ts';

const MAX_NAME_CHARS = 256;
const MAX_OBSERVATION_CHARS = 4_000;
const MAX_QUERY_CHARS = 4_000;
/** Observations of one entity. */
export const MAX_OBSERVATIONS = 500;
/** Bytes of JSON of the observations and the metadata of one entity. */
export const MAX_ENTITY_BYTES = 128 * 1024;
/** Bytes of JSON of the metadata of one relation. */
export const MAX_RELATION_BYTES = 16 * 1024;
/** Entities, relations or names that one request carries. */
export const MAX_KNOWLEDGE_BATCH = 100;
/** Entities and relations on one page of a graph, or results of a search. */
export const MAX_KNOWLEDGE_PAGE = 500;
/** The graph of whoever names no project. */
export const DEFAULT_PROJECT = 'default';

const VISIBLE = /^[^\p{Cc}\p{Cs}]+$/u;

export const EntityNameSchema = z
  .string()
  .min(1)
  .max(MAX_NAME_CHARS)
  .regex(VISIBLE, 'must have visible characters only');

const ObservationSchema = z.string().min(1).max(MAX_OBSERVATION_CHARS);
const ObservationsSchema = z.array(ObservationSchema).max(MAX_OBSERVATIONS);
const MetadataSchema = z.record(z.string(), z.json());

/** A new entity. */
export const EntitySchema = z.strictObject({
  name: EntityNameSchema,
  entityType: WordSchema,
  observations: ObservationsSchema.default([]),
  metadata: MetadataSchema.default({}),
});

/** What a relation is known by. */
export const RelationKeySchema = z.strictObject({
  from: EntityNameSchema,
  to: EntityNameSchema,
  relationType: WordSchema,
});

/** A new relation, in the active voice: `from` calls `to`. */
export const RelationSchema = RelationKeySchema.extend({
  /** How much it says: 0 to 1. */
  weight: z.number().min(0).max(1).default(1),
  metadata: MetadataSchema.default({}),
});

/** What is left out stays as it is. */
export const EntityChangeSchema = z.strictObject({
  new_name: EntityNameSchema.optional(),
  entityType: WordSchema.optional(),
  /** All of them anew. */
  observations: ObservationsSchema.optional(),
  /** All of it anew. */
  metadata: MetadataSchema.optional(),
});

export const AddedObservationsSchema = z.strictObject({
  entityName: EntityNameSchema,
  contents: z.array(ObservationSchema).min(1).max(MAX_OBSERVATIONS),
});

export const DeletedObservationsSchema = z.strictObject({
  entityName: EntityNameSchema,
  observations: z.array(ObservationSchema).min(1).max(MAX_OBSERVATIONS),
});

export const ProjectIdSchema = WordSchema;
const project_id = ProjectIdSchema.default(DEFAULT_PROJECT);
const batch = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(MAX_KNOWLEDGE_BATCH);

export const CreateEntitiesSchema = z.strictObject({ project_id, entities: batch(EntitySchema) });
export const UpdateNodeSchema = EntityChangeSchema.extend({ project_id, name: EntityNameSchema });
export const DeleteEntitiesSchema = z.strictObject({ project_id, entityNames: batch(EntityNameSchema) });
export const AddObservationsSchema = z.strictObject({
  project_id,
  observations: batch(AddedObservationsSchema),
});
export const DeleteObservationsSchema = z.strictObject({
  project_id,
  deletions: batch(DeletedObservationsSchema),
});
export const CreateRelationsSchema = z.strictObject({ project_id, relations: batch(RelationSchema) });
/** A weight, or metadata, that comes with them is passed over. */
export const DeleteRelationsSchema = z.strictObject({
  project_id,
  relations: batch(
    RelationKeySchema.extend({ weight: z.number().optional(), metadata: z.unknown().optional() }),
  ),
});
export const OpenNodesSchema = z.strictObject({ project_id, names: batch(EntityNameSchema) });
export const SearchQuerySchema = z.string().min(1).max(MAX_QUERY_CHARS);

export const ApiEntitySchema = z.object({
  name: z.string(),
  entityType: z.string(),
  observations: z.array(z.string()),
  metadata: z.record(z.string(), z.json()),
  /** The id of the principal. */
  created_by: z.string(),
  created_at: ApiTimeSchema,
  updated_at: ApiTimeSchema,
});

export const ApiRelationSchema = z.object({
  from: z.string(),
  to: z.string(),
  relationType: z.string(),
  weight: z.number(),
  metadata: z.record(z.string(), z.json()),
  created_by: z.string(),
  created_at: ApiTimeSchema,
});

export const CreatedEntitiesSchema = z.object({
  created: z.array(z.string()),
  /** Those that there were already; they stay as they are. */
  existing: z.array(z.string()),
});

export const DeletedEntitiesSchema = z.object({
  deleted: z.array(z.string()),
  /** Those that there are none of. */
  missing: z.array(z.string()),
  /** Relations that went with them. */
  deleted_relations: z.int(),
});

export const ObservationsResultSchema = z.object({
  results: z.array(
    z.object({
      entityName: z.string(),
      /** Without those that there were already. */
      addedObservations: z.array(z.string()),
    }),
  ),
});

export const DeletedCountSchema = z.object({ deleted: z.int() });

export const CreatedRelationsSchema = z.object({
  created: z.int(),
  /** Those that there were already; they stay as they are. */
  existing: z.int(),
});

/** A page of a graph: its entities, then its relations. There is more as long as there is a cursor. */
export const ApiGraphPageSchema = z.object({
  entities: z.array(ApiEntitySchema),
  relations: z.array(ApiRelationSchema),
  total_entities: z.int(),
  total_relations: z.int(),
  nextCursor: z.string().optional(),
});

export const ApiFoundEntitySchema = ApiEntitySchema.extend({
  /** How well it fits; comparable within one answer. */
  score: z.number(),
});

/** The best first. */
export const ApiSearchPageSchema = z.object({
  entities: z.array(ApiFoundEntitySchema),
  /** Between these entities. */
  relations: z.array(ApiRelationSchema),
  nextCursor: z.string().optional(),
});

export const ApiNodesSchema = z.object({
  entities: z.array(ApiEntitySchema),
  /** That begin or end at one of these. */
  relations: z.array(ApiRelationSchema),
  /** Names that there is no entity of. */
  missing: z.array(z.string()),
  /** Entities that would have made the answer too large; open them by themselves. */
  left_out: z.array(z.string()),
  /** There are more relations than one answer holds; read_graph has all. */
  more_relations: z.boolean(),
});

/** One graph. */
export const ApiGraphSchema = z.object({
  project_id: z.string(),
  entities: z.int(),
  relations: z.int(),
  changed_at: ApiTimeSchema,
});

export const ApiGraphListSchema = z.object({ items: z.array(ApiGraphSchema) });

/** What whoever does a task should know. */
export const TaskContextSchema = z.object({
  workflow: z.object({ id: z.string() }).optional(),
  step: z.object({ id: z.string(), description: z.string(), status: z.string() }),
  requirements: z.object({
    required_capabilities: z.array(z.string()),
    requiredTags: z.array(z.string()),
    preferredTags: z.array(z.string()),
  }),
  dependencies: z.array(z.object({ id: z.string(), description: z.string(), status: z.string() })),
  knowledgeEntities: z.array(
    z.object({ name: z.string(), type: z.string(), observations: z.array(z.string()) }),
  ),
});

export type Entity = z.infer<typeof EntitySchema>;
export type EntityInput = z.input<typeof EntitySchema>;
export type EntityChange = z.infer<typeof EntityChangeSchema>;
export type Relation = z.infer<typeof RelationSchema>;
export type RelationInput = z.input<typeof RelationSchema>;
export type RelationKey = z.infer<typeof RelationKeySchema>;
export type AddedObservations = z.infer<typeof AddedObservationsSchema>;
export type DeletedObservations = z.infer<typeof DeletedObservationsSchema>;
export type ApiEntity = z.infer<typeof ApiEntitySchema>;
export type ApiFoundEntity = z.infer<typeof ApiFoundEntitySchema>;
export type ApiRelation = z.infer<typeof ApiRelationSchema>;
export type CreatedEntities = z.infer<typeof CreatedEntitiesSchema>;
export type DeletedEntities = z.infer<typeof DeletedEntitiesSchema>;
export type ObservationsResult = z.infer<typeof ObservationsResultSchema>;
export type DeletedCount = z.infer<typeof DeletedCountSchema>;
export type CreatedRelations = z.infer<typeof CreatedRelationsSchema>;
export type ApiGraphPage = z.infer<typeof ApiGraphPageSchema>;
export type ApiSearchPage = z.infer<typeof ApiSearchPageSchema>;
export type ApiNodes = z.infer<typeof ApiNodesSchema>;
export type ApiGraph = z.infer<typeof ApiGraphSchema>;
export type TaskContext = z.infer<typeof TaskContextSchema>;
