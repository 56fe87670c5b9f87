// A graph that is changed: one change after the other, so that a relation never has an end that is gone, and the counts by
// which it is bounded are exact. Other graphs are not waited for.

import { AppError } from '../../kernel/errors.ts';
import { takeGuard } from '../../store/guard.ts';
import {
  countGraphs,
  type GraphRow,
  type IdRange,
  insertGraph,
  type KnowledgeTransaction,
  lockGraph,
  readIds,
  updateGraph,
} from './queries.ts';

/** Graphs that there may be; a further project gets none. */
export const MAX_GRAPHS = 10_000;
/** Entities of one graph. */
export const MAX_ENTITIES = 1_000_000;
/** Relations of one graph. */
export const MAX_RELATIONS = 4_000_000;
/** Relations that begin or end at one entity. */
export const MAX_ENTITY_RELATIONS = 10_000;

/** Ids of a graph begin here, times its number: 2^21 graphs of 2^32 ids stay exact. */
const GRAPH_IDS = 2 ** 32;
const GUARD = 'knowledge/graphs';

/** The graph of a project, which only this transaction may change until it ends. */
export interface LockedGraph {
  readonly number: number;
  /** Ids that were never used; so many of them. */
  take(count: number): readonly number[];
  /** What was added or, below zero, deleted. Throws where the graph is full. */
  count(changed: { readonly entities?: number; readonly relations?: number }): void;
  /** Their ids. Throws with the names that there is no entity of. */
  idsOf(names: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/** Runs a change of the graph, which is made if there is none. */
export async function changeGraph<T>(
  tx: KnowledgeTransaction,
  project: string,
  change: (graph: LockedGraph, nowMs: number) => Promise<T>,
): Promise<T> {
  const nowMs = await tx.nowMs();
  let row = (await lockGraph(tx, project)) ?? (await addGraph(tx, project, nowMs));
  const first = row.number * GRAPH_IDS;

  const result = await change(
    {
      number: row.number,
      take(count) {
        const { last } = row;
        row = { ...row, last: last + count };
        return Array.from({ length: count }, (_, n) => first + last + 1 + n);
      },
      count({ entities = 0, relations = 0 }) {
        row = { ...row, entities: row.entities + entities, relations: row.relations + relations };
        if (entities > 0 && row.entities > MAX_ENTITIES) throw full(project, MAX_ENTITIES, 'entities');
        if (relations > 0 && row.relations > MAX_RELATIONS) throw full(project, MAX_RELATIONS, 'relations');
      },
      async idsOf(names) {
        const rows = await readIds({ dialect: tx.dialect, read: tx }, row.number, names);
        const ids = new Map(rows.map(({ name, id }) => [name, id]));
        const missing = names.filter((name) => !ids.has(name));
        if (missing.length > 0) throw unknownEntities(project, missing);
        return ids;
      },
    },
    nowMs,
  );
  await updateGraph(tx, { ...row, changed_ms: nowMs });
  return result;
}

async function addGraph(tx: KnowledgeTransaction, project: string, nowMs: number): Promise<GraphRow> {
  const number = await takeGuard(tx, GUARD);
  if ((await countGraphs(tx)) >= MAX_GRAPHS)
    throw new AppError(
      'overloaded',
      `${MAX_GRAPHS} projects have knowledge already; use one of them (GET /api/v1/knowledge/graphs lists them).`,
    );
  await insertGraph(tx, { project, number, last: 0, entities: 0, relations: 0, changed_ms: nowMs });
  const row = await lockGraph(tx, project);
  if (row === undefined) throw new AppError('internal', `The graph of ${project} was not made.`);
  return row;
}

/** All ids of a graph that come after one of them. */
export function idsAfter({ number }: Pick<GraphRow, 'number'>, after: number, limit: number): IdRange {
  const first = number * GRAPH_IDS;
  return { after: Math.max(first, after), before: first + GRAPH_IDS, limit };
}

export function unknownEntities(project: string, names: readonly string[]): AppError {
  return new AppError(
    'not_found',
    `The project ${project} has no entity named ${names.map((name) => `"${name}"`).join(', ')}; create_entities makes entities, search_nodes finds those that there are.`,
    { details: { names: [...names] } },
  );
}

function full(project: string, limit: number, what: string): AppError {
  return new AppError(
    'overloaded',
    `The graph of ${project} may have ${limit} ${what}; delete some that are of no use any more.`,
    { details: { limit } },
  );
}
