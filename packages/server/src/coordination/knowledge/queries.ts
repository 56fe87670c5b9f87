// The SQL of graphs: what is written under the lock of a graph, and what is read of it. Ids of entities and relations begin
// with the number of their graph, so that a graph is a range of each table.

import { isOneOf, isOneOfIntegers, type JsonColumns, jsonRows } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import type { Queries, ReadQueries, Transaction } from '../../store/database.ts';
import type { DialectName } from '../../store/driver.ts';

export interface GraphRow {
  project: string;
  number: number;
  /** The last id that was given, counted from the first of the graph. */
  last: number;
  entities: number;
  relations: number;
  changed_ms: number;
}

export interface EntityRow {
  id: number;
  graph: number;
  name: string;
  type: string;
  /** JSON. */
  observations: string;
  /** JSON. */
  metadata: string;
  /** Of both. */
  bytes: number;
  name_words: string;
  type_words: string;
  observation_words: string;
  created_by: string;
  created_ms: number;
  changed_ms: number;
}

export interface RelationRow {
  id: number;
  from_id: number;
  to_id: number;
  type: string;
  weight: number;
  /** JSON. */
  metadata: string;
  created_by: string;
  created_ms: number;
}

/** With the names of its ends. */
export interface NamedRelationRow extends Omit<RelationRow, 'from_id' | 'to_id'> {
  from_name: string;
  to_name: string;
}

export interface KnowledgeTables {
  knowledge_graphs: GraphRow;
  knowledge_entities: EntityRow;
  knowledge_relations: RelationRow;
}

export type KnowledgeTransaction = Transaction<KnowledgeTables>;

/** A database that only is read. */
export interface KnowledgeReads {
  readonly dialect: DialectName;
  readonly read: ReadQueries<KnowledgeTables>;
}

/** What is shown of an entity. */
const SHOWN = [
  'id',
  'name',
  'type',
  'observations',
  'metadata',
  'bytes',
  'created_by',
  'created_ms',
  'changed_ms',
] as const;

export type ShownRow = Pick<EntityRow, (typeof SHOWN)[number]>;

export async function readGraph(
  read: ReadQueries<KnowledgeTables>,
  project: string,
): Promise<GraphRow | undefined> {
  return await read
    .selectFrom('knowledge_graphs')
    .selectAll()
    .where('project', '=', project)
    .executeTakeFirst();
}

export async function readGraphs(
  read: ReadQueries<KnowledgeTables>,
  limit: number,
): Promise<readonly GraphRow[]> {
  return await read.selectFrom('knowledge_graphs').selectAll().orderBy('project').limit(limit).execute();
}

/** Until the transaction ends nobody else changes the graph. */
export async function lockGraph(tx: KnowledgeTransaction, project: string): Promise<GraphRow | undefined> {
  const query = tx.selectFrom('knowledge_graphs').selectAll().where('project', '=', project);
  return await (tx.dialect === 'postgres' ? query.forUpdate() : query).executeTakeFirst();
}

export async function countGraphs(queries: ReadQueries<KnowledgeTables>): Promise<number> {
  const { count } = await queries
    .selectFrom('knowledge_graphs')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** Nothing where there is one. */
export async function insertGraph(queries: Queries<KnowledgeTables>, row: GraphRow): Promise<void> {
  await queries
    .insertInto('knowledge_graphs')
    .values(row)
    .onConflict((conflict) => conflict.column('project').doNothing())
    .execute();
}

export async function updateGraph(
  queries: Queries<KnowledgeTables>,
  { project, last, entities, relations, changed_ms }: GraphRow,
): Promise<void> {
  await queries
    .updateTable('knowledge_graphs')
    .set({ last, entities, relations, changed_ms })
    .where('project', '=', project)
    .execute();
}

/** Those that there are of these names. */
export async function readNamed(
  { read, dialect }: KnowledgeReads,
  graph: number,
  names: readonly string[],
): Promise<readonly ShownRow[]> {
  return await read
    .selectFrom('knowledge_entities')
    .select(SHOWN)
    .where('graph', '=', graph)
    .where(isOneOf(dialect, 'name', names))
    .execute();
}

/** The same, without what they carry. */
export async function readIds(
  { read, dialect }: KnowledgeReads,
  graph: number,
  names: readonly string[],
): Promise<readonly Pick<EntityRow, 'id' | 'name' | 'bytes'>[]> {
  return await read
    .selectFrom('knowledge_entities')
    .select(['id', 'name', 'bytes'])
    .where('graph', '=', graph)
    .where(isOneOf(dialect, 'name', names))
    .execute();
}

export async function readEntities(
  { read, dialect }: KnowledgeReads,
  ids: readonly number[],
): Promise<readonly ShownRow[]> {
  return await read
    .selectFrom('knowledge_entities')
    .select(SHOWN)
    .where(isOneOfIntegers(dialect, 'id', ids))
    .execute();
}

/** The next entities of a range, without what they carry. */
export async function readEntityRange(
  read: ReadQueries<KnowledgeTables>,
  { after, before, limit }: IdRange,
): Promise<readonly Pick<EntityRow, 'id' | 'name' | 'bytes'>[]> {
  return await read
    .selectFrom('knowledge_entities')
    .select(['id', 'name', 'bytes'])
    .where('id', '>', after)
    .where('id', '<', before)
    .orderBy('id')
    .limit(limit)
    .execute();
}

export interface IdRange {
  readonly after: number;
  readonly before: number;
  readonly limit: number;
}

export async function insertEntities(tx: KnowledgeTransaction, rows: readonly EntityRow[]): Promise<void> {
  await insertRows(tx, 'knowledge_entities', ENTITY_COLUMNS, rows);
}

export async function updateEntity(tx: KnowledgeTransaction, row: EntityRow): Promise<void> {
  const { id, graph: _graph, created_by: _by, created_ms: _at, ...rest } = row;
  await tx.updateTable('knowledge_entities').set(rest).where('id', '=', id).execute();
}

export async function deleteEntities(tx: KnowledgeTransaction, ids: readonly number[]): Promise<void> {
  await tx
    .deleteFrom('knowledge_entities')
    .where(isOneOfIntegers(tx.dialect, 'id', ids))
    .execute();
}

/** That begin or end at one of these; how many there were. */
export async function deleteRelationsOf(tx: KnowledgeTransaction, ids: readonly number[]): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('knowledge_relations')
    .where((eb) =>
      eb.or([isOneOfIntegers(tx.dialect, 'from_id', ids), isOneOfIntegers(tx.dialect, 'to_id', ids)]),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** How many relations there are already at these entities, at either end. */
export async function countRelationsOf(
  { read, dialect }: KnowledgeReads,
  ids: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  for (const end of ['from_id', 'to_id'] as const) {
    const rows = await read
      .selectFrom('knowledge_relations')
      .select((eb) => [`${end} as id`, eb.fn.countAll<number>().as('count')])
      .where(isOneOfIntegers(dialect, end, ids))
      .groupBy(end)
      .execute();
    for (const { id, count } of rows) counts.set(id, (counts.get(id) ?? 0) + count);
  }
  return counts;
}

/** Those that there were already stay; how many are new. */
export async function insertRelations(
  tx: KnowledgeTransaction,
  rows: readonly RelationRow[],
): Promise<number> {
  return await insertRows(
    tx,
    'knowledge_relations',
    RELATION_COLUMNS,
    rows,
    sql`on conflict (from_id, to_id, type) do nothing`,
  );
}

export async function deleteRelation(
  tx: KnowledgeTransaction,
  { from_id, to_id, type }: Pick<RelationRow, 'from_id' | 'to_id' | 'type'>,
): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('knowledge_relations')
    .where('from_id', '=', from_id)
    .where('to_id', '=', to_id)
    .where('type', '=', type)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export async function readRelationRange(
  read: ReadQueries<KnowledgeTables>,
  { after, before, limit }: IdRange,
): Promise<readonly NamedRelationRow[]> {
  return await named(read)
    .where('r.id', '>', after)
    .where('r.id', '<', before)
    .orderBy('r.id')
    .limit(limit)
    .execute();
}

/** `touching`: one end is enough; `within`: both ends are among these. */
export async function readRelationsOf(
  { read, dialect }: KnowledgeReads,
  ids: readonly number[],
  which: 'touching' | 'within',
  limit: number,
): Promise<readonly NamedRelationRow[]> {
  const from = isOneOfIntegers(dialect, 'r.from_id', ids);
  const to = isOneOfIntegers(dialect, 'r.to_id', ids);
  return await named(read)
    .where((eb) => (which === 'touching' ? eb.or([from, to]) : eb.and([from, to])))
    .orderBy('r.id')
    .limit(limit)
    .execute();
}

function named(read: ReadQueries<KnowledgeTables>) {
  return read
    .selectFrom('knowledge_relations as r')
    .innerJoin('knowledge_entities as f', 'f.id', 'r.from_id')
    .innerJoin('knowledge_entities as t', 't.id', 'r.to_id')
    .select([
      'r.id',
      'r.type',
      'r.weight',
      'r.metadata',
      'r.created_by',
      'r.created_ms',
      'f.name as from_name',
      't.name as to_name',
    ]);
}

const ENTITY_COLUMNS = {
  id: 'integer',
  graph: 'integer',
  name: 'text',
  type: 'text',
  observations: 'text',
  metadata: 'text',
  bytes: 'integer',
  name_words: 'text',
  type_words: 'text',
  observation_words: 'text',
  created_by: 'text',
  created_ms: 'integer',
  changed_ms: 'integer',
} as const satisfies Record<keyof EntityRow, JsonColumns[string]>;

const RELATION_COLUMNS = {
  id: 'integer',
  from_id: 'integer',
  to_id: 'integer',
  type: 'text',
  weight: 'real',
  metadata: 'text',
  created_by: 'text',
  created_ms: 'integer',
} as const satisfies Record<keyof RelationRow, JsonColumns[string]>;

async function insertRows(
  tx: KnowledgeTransaction,
  table: keyof KnowledgeTables,
  columns: JsonColumns,
  rows: readonly object[],
  conflict = sql``,
): Promise<number> {
  const list = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  // SQLite would take "on conflict" for a join without a "where".
  const { numAffectedRows = 0n } = await sql`insert into ${sql.table(table)} (${list})
    select ${list} from ${jsonRows(tx.dialect, 'added', columns, rows)} where true ${conflict}`.execute(tx);
  return Number(numAffectedRows);
}
