// What changes graphs. Each is one transaction: all of it, or nothing.

import {
  type AddedObservations,
  type ApiEntity,
  type CreatedEntities,
  CreatedEntitiesSchema,
  type CreatedRelations,
  CreatedRelationsSchema,
  type DeletedCount,
  DeletedCountSchema,
  type DeletedEntities,
  DeletedEntitiesSchema,
  type DeletedObservations,
  type Entity,
  type EntityChange,
  ApiEntitySchema,
  MAX_OBSERVATIONS,
  type ObservationsResult,
  ObservationsResultSchema,
  type Relation,
  type RelationKey,
} from '@tutti/schemas';
import type { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import type { AnyDatabase } from '../../store/database.ts';
import type { Engine } from '../engine.ts';
import type { CoordinationMeter, KnowledgeChange } from '../meter.ts';
import type { Caller } from '../agents/registry.ts';
import type { Once } from '../tasks/book.ts';
import { answerOnce } from '../tasks/once.ts';
import type { TaskTables } from '../tasks/queries.ts';
import { changeGraph, type LockedGraph, MAX_ENTITY_RELATIONS, unknownEntities } from './graph.ts';
import {
  countRelationsOf,
  deleteEntities,
  deleteRelation,
  deleteRelationsOf,
  insertEntities,
  insertRelations,
  type KnowledgeTables,
  type KnowledgeTransaction,
  readNamed,
  type RelationRow,
  type ShownRow,
  updateEntity,
} from './queries.ts';
import { entityColumns, entityView, observationsOf, relationMetadata } from './shown.ts';

/** In which graph, by whom. */
export interface Change {
  readonly project: string;
  readonly by: Caller;
  /** The same again gets the first answer. */
  readonly once?: Once | undefined;
}

export interface KnowledgeWrites {
  /** Those that there are already stay as they are. */
  createEntities(entities: readonly Entity[], change: Change): Promise<CreatedEntities>;
  updateNode(name: string, changed: EntityChange, change: Change): Promise<ApiEntity>;
  /** With the relations that begin or end at them. */
  deleteEntities(names: readonly string[], change: Change): Promise<DeletedEntities>;
  addObservations(added: readonly AddedObservations[], change: Change): Promise<ObservationsResult>;
  deleteObservations(deleted: readonly DeletedObservations[], change: Change): Promise<DeletedCount>;
  /** Both ends have to be there. */
  createRelations(relations: readonly Relation[], change: Change): Promise<CreatedRelations>;
  deleteRelations(relations: readonly RelationKey[], change: Change): Promise<DeletedCount>;
}

export interface KnowledgeWritesDeps extends Pick<Engine, 'requirePermission'> {
  readonly database: Pick<AnyDatabase, 'over' | 'dialect'>;
  readonly meter: Pick<CoordinationMeter, 'knowledgeSearched' | 'knowledgeChanged'>;
}

export function createKnowledgeWrites({
  database: store,
  requirePermission,
  meter,
}: KnowledgeWritesDeps): KnowledgeWrites {
  const database = store.over<KnowledgeTables>();

  async function write<Answer>(
    name: KnowledgeChange,
    { project, by, once }: Change,
    schema: z.ZodType<Answer>,
    act: (tx: KnowledgeTransaction, graph: LockedGraph, nowMs: number) => Promise<Answer>,
  ): Promise<Answer> {
    requirePermission(by, 'submit');
    const { answer, isRepeat } = await database.transaction((tx) =>
      answerOnce(tx.over<TaskTables>(), {
        once,
        read: (value) => schema.safeParse(value).data,
        act: () => changeGraph(tx, project, (graph, nowMs) => act(tx, graph, nowMs)),
      }),
    );
    if (!isRepeat) meter.knowledgeChanged(name);
    return answer;
  }

  /** Throws with the names that there is no entity of. */
  async function requireNamed(
    tx: KnowledgeTransaction,
    graph: LockedGraph,
    project: string,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, ShownRow>> {
    const rows = await readNamed({ dialect: tx.dialect, read: tx }, graph.number, names);
    const byName = new Map(rows.map((row) => [row.name, row]));
    const missing = [...new Set(names)].filter((name) => !byName.has(name));
    if (missing.length > 0) throw unknownEntities(project, missing);
    return byName;
  }

  async function rewrite(
    tx: KnowledgeTransaction,
    graph: LockedGraph,
    row: ShownRow,
    { changed, nowMs }: { readonly changed: Omit<EntityChange, 'new_name'>; readonly nowMs: number },
    name = row.name,
  ): Promise<ShownRow> {
    const before = entityView(row);
    const {
      entityType = before.entityType,
      observations = before.observations,
      metadata = before.metadata,
    } = changed;
    const after = {
      ...row,
      ...entityColumns(graph.number, { name, entityType, observations, metadata }),
      graph: graph.number,
      changed_ms: nowMs,
    };
    await updateEntity(tx, after);
    return after;
  }

  return {
    createEntities: (entities, change) =>
      write('create_entities', change, CreatedEntitiesSchema, async (tx, graph, nowMs) => {
        const wanted = new Map<string, Entity>();
        for (const entity of entities)
          if (!wanted.has(entity.name)) wanted.set(entity.name, { ...entity, observations: unique(entity) });
        const rows = await readNamed({ dialect: tx.dialect, read: tx }, graph.number, [...wanted.keys()]);
        const existing = rows.map(({ name }) => name).toSorted();
        for (const name of existing) wanted.delete(name);
        const ids = graph.take(wanted.size);
        graph.count({ entities: wanted.size });
        const added = [...wanted.values()].map((entity, n) => ({
          ...entityColumns(graph.number, entity),
          id: ids[n] ?? 0,
          graph: graph.number,
          created_by: change.by.id,
          created_ms: nowMs,
          changed_ms: nowMs,
        }));
        if (added.length > 0) await insertEntities(tx, added);
        return { created: added.map(({ name }) => name), existing };
      }),
    updateNode: (name, { new_name: newName, ...changed }, change) =>
      write('update_node', change, ApiEntitySchema, async (tx, graph, nowMs) => {
        const named = await requireNamed(tx, graph, change.project, [name]);
        const row = named.get(name);
        if (row === undefined) throw unknownEntities(change.project, [name]);
        if (newName !== undefined && newName !== name) {
          const [taken] = await readNamed({ dialect: tx.dialect, read: tx }, graph.number, [newName]);
          if (taken !== undefined)
            throw new AppError('conflict', `There is an entity named "${newName}" already.`, {
              details: { kind: 'name_taken' },
            });
        }
        return entityView(await rewrite(tx, graph, row, { changed, nowMs }, newName ?? name));
      }),
    deleteEntities: (names, change) =>
      write('delete_entities', change, DeletedEntitiesSchema, async (tx, graph) => {
        const wanted = [...new Set(names)];
        const rows = await readNamed({ dialect: tx.dialect, read: tx }, graph.number, wanted);
        const deleted = new Set(rows.map(({ name }) => name));
        const ids = rows.map(({ id }) => id);
        const relations = ids.length === 0 ? 0 : await deleteRelationsOf(tx, ids);
        if (ids.length > 0) await deleteEntities(tx, ids);
        graph.count({ entities: -ids.length, relations: -relations });
        return {
          deleted: wanted.filter((name) => deleted.has(name)),
          missing: wanted.filter((name) => !deleted.has(name)),
          deleted_relations: relations,
        };
      }),
    addObservations: (added, change) =>
      write('add_observations', change, ObservationsResultSchema, async (tx, graph, nowMs) => {
        const named = new Map(
          await requireNamed(
            tx,
            graph,
            change.project,
            added.map(({ entityName }) => entityName),
          ),
        );
        const results: ObservationsResult['results'] = [];
        for (const { entityName, contents } of added) {
          const row = named.get(entityName);
          if (row === undefined) throw unknownEntities(change.project, [entityName]);
          const before = observationsOf(row);
          const known = new Set(before);
          const fresh = [...new Set(contents)].filter((one) => !known.has(one));
          const observations = [...before, ...fresh];
          if (observations.length > MAX_OBSERVATIONS) throw tooMany(entityName);
          if (fresh.length > 0)
            named.set(entityName, await rewrite(tx, graph, row, { changed: { observations }, nowMs }));
          results.push({ entityName, addedObservations: fresh });
        }
        return { results };
      }),
    deleteObservations: (deleted, change) =>
      write('delete_observations', change, DeletedCountSchema, async (tx, graph, nowMs) => {
        const rows = await readNamed(
          { dialect: tx.dialect, read: tx },
          graph.number,
          deleted.map(({ entityName }) => entityName),
        );
        let count = 0;
        for (const row of rows) {
          const gone = new Set(
            deleted.flatMap(({ entityName, observations }) => (entityName === row.name ? observations : [])),
          );
          const before = observationsOf(row);
          const observations = before.filter((one) => !gone.has(one));
          if (observations.length === before.length) continue;
          count += before.length - observations.length;
          await rewrite(tx, graph, row, { changed: { observations }, nowMs });
        }
        return { deleted: count };
      }),
    createRelations: (relations, change) =>
      write('create_relations', change, CreatedRelationsSchema, async (tx, graph, nowMs) => {
        const wanted = [...new Map(relations.map((one) => [keyOf(one), one])).values()];
        const ids = await graph.idsOf([...new Set(wanted.flatMap(({ from, to }) => [from, to]))]);
        const fresh = graph.take(wanted.length);
        const rows = wanted.map(({ relationType: type, weight, metadata, ...ends }, n): RelationRow => ({
          id: fresh[n] ?? 0,
          ...endsOf(ends, ids),
          type,
          weight,
          metadata: relationMetadata(metadata),
          created_by: change.by.id,
          created_ms: nowMs,
        }));
        const created = await insertRelations(tx, rows);
        graph.count({ relations: created });
        if (created > 0) await requireFew(tx, ids);
        return { created, existing: wanted.length - created };
      }),
    deleteRelations: (relations, change) =>
      write('delete_relations', change, DeletedCountSchema, async (tx, graph) => {
        const names = [...new Set(relations.flatMap(({ from, to }) => [from, to]))];
        const rows = await readNamed({ dialect: tx.dialect, read: tx }, graph.number, names);
        const ids = new Map(rows.map(({ name, id }) => [name, id]));
        let deleted = 0;
        for (const { relationType: type, ...ends } of relations) {
          if (!ids.has(ends.from) || !ids.has(ends.to)) continue;
          deleted += await deleteRelation(tx, { ...endsOf(ends, ids), type });
        }
        graph.count({ relations: -deleted });
        return { deleted };
      }),
  };
}

function unique({ observations }: Pick<Entity, 'observations'>): string[] {
  return [...new Set(observations)];
}

function keyOf({ from, to, relationType }: RelationKey): string {
  return JSON.stringify([from, relationType, to]);
}

function endsOf(
  { from, to }: Pick<RelationKey, 'from' | 'to'>,
  ids: ReadonlyMap<string, number>,
): Pick<RelationRow, 'from_id' | 'to_id'> {
  return { from_id: ids.get(from) ?? 0, to_id: ids.get(to) ?? 0 };
}

async function requireFew(tx: KnowledgeTransaction, ids: ReadonlyMap<string, number>): Promise<void> {
  const counts = await countRelationsOf({ dialect: tx.dialect, read: tx }, [...ids.values()]);
  for (const [name, id] of ids)
    if ((counts.get(id) ?? 0) > MAX_ENTITY_RELATIONS)
      throw new AppError(
        'overloaded',
        `The entity "${name}" may have ${MAX_ENTITY_RELATIONS} relations; delete some, or put an entity in between.`,
        { details: { limit: MAX_ENTITY_RELATIONS } },
      );
}

function tooMany(name: string): AppError {
  return new AppError(
    'too_large',
    `The entity "${name}" may have ${MAX_OBSERVATIONS} observations; delete some that do not hold any more, or make several entities of it.`,
    { details: { limit: MAX_OBSERVATIONS } },
  );
}
