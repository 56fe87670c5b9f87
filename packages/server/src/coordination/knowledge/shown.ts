// Entities and relations as callers see them, and as they are kept.

import {
  type ApiEntity,
  ApiEntitySchema,
  type ApiRelation,
  type Entity,
  MAX_ENTITY_BYTES,
  MAX_RELATION_BYTES,
} from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import { parsed } from '../tasks/task-row.ts';
import type { EntityRow, NamedRelationRow, ShownRow } from './queries.ts';
import { indexedText, MAX_INDEXED_WORDS, wordsOf } from './words.ts';

const { observations: ObservationsSchema, metadata: MetadataSchema } = ApiEntitySchema.shape;

export function entityView(row: ShownRow): ApiEntity {
  return {
    name: row.name,
    entityType: row.type,
    observations: observationsOf(row),
    metadata: parsed(MetadataSchema, row.metadata, `the metadata of the entity ${row.name}`),
    created_by: row.created_by,
    created_at: new Date(row.created_ms).toISOString(),
    updated_at: new Date(row.changed_ms).toISOString(),
  };
}

export function observationsOf({ name, observations }: Pick<EntityRow, 'name' | 'observations'>): string[] {
  return parsed(ObservationsSchema, observations, `the observations of the entity ${name}`);
}

export function relationView(row: NamedRelationRow): ApiRelation {
  return {
    from: row.from_name,
    to: row.to_name,
    relationType: row.type,
    weight: row.weight,
    metadata: parsed(MetadataSchema, row.metadata, `the metadata of the relation ${row.type}`),
    created_by: row.created_by,
    created_at: new Date(row.created_ms).toISOString(),
  };
}

type Content = Pick<
  EntityRow,
  'name' | 'type' | 'observations' | 'metadata' | 'bytes' | 'name_words' | 'type_words' | 'observation_words'
>;

/** The columns of an entity of a graph. Throws where it is larger than one may be. */
export function entityColumns(
  graph: number,
  { name, entityType, observations: given, metadata: more }: Omit<Entity, 'metadata'> & { metadata: unknown },
): Content {
  const observations = JSON.stringify(given);
  const metadata = JSON.stringify(more);
  const bytes = Buffer.byteLength(observations) + Buffer.byteLength(metadata);
  if (bytes > MAX_ENTITY_BYTES)
    throw new AppError(
      'too_large',
      `The entity ${name} would have ${bytes} bytes of observations and metadata; at most ${MAX_ENTITY_BYTES} are kept. Make several entities of it and relate them.`,
      { details: { limit: MAX_ENTITY_BYTES } },
    );
  return {
    name,
    type: entityType,
    observations,
    metadata,
    bytes,
    name_words: indexedText(graph, wordsOf(name, MAX_INDEXED_WORDS)),
    type_words: indexedText(graph, wordsOf(entityType, MAX_INDEXED_WORDS)),
    observation_words: indexedText(graph, wordsOf(given.join('\n'), MAX_INDEXED_WORDS)),
  };
}

export function relationMetadata(metadata: unknown): string {
  const text = JSON.stringify(metadata);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_RELATION_BYTES) return text;
  throw new AppError(
    'too_large',
    `The metadata of a relation would have ${bytes} bytes; at most ${MAX_RELATION_BYTES} are kept. Keep it as observations of an entity.`,
    { details: { limit: MAX_RELATION_BYTES } },
  );
}
