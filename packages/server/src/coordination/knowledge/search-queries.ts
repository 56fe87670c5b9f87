// The SQL that finds entities by their words. Both databases answer the same three questions: how many have a word, which
// fit a hunt best as far as the database can tell, and what the words of those are. Each statement looks at a bounded
// number of entities.

import type { RawBuilder } from 'kysely';
import { isOneOfIntegers } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import type { DialectName } from '../../store/driver.ts';
import type { EntityRow, KnowledgeReads } from './queries.ts';
import { COMMON_ENTITIES, type Hunt, rarity, type Term, type Words } from './rank.ts';

/** Entities that are ranked exactly: those that the database took for the best. */
export const MAX_RANKED = 200;
/** Of common words, entities that are looked at in each of the ways. */
const MAX_COMMON_LOOKED_AT = COMMON_ENTITIES / 2;
/** Characters of the words of the observations by which an entity is ranked. */
const MAX_RANKED_CHARS = 8_000;

type Wanted = Omit<Term, 'entities'>;

/** Which words of an entity count. */
type Part = 'all' | 'title';

/** What is different between the databases. */
interface FullText {
  term(term: Wanted, part: Part): string;
  readonly and: string;
  readonly or: string;
  /** Of what to select from to count those whose words match. */
  having(match: string): RawBuilder<unknown>;
  /** Entities whose words match, each with a `rank` that is the higher the better. */
  matching(match: string, terms: readonly Term[], type: string | undefined): RawBuilder<unknown>;
}

const FULL_TEXT: { readonly [dialect in DialectName]: FullText } = {
  sqlite: {
    term: ({ word, isPrefix }, part) =>
      `${part === 'title' ? '{name type} : ' : ''}"${word}"${isPrefix ? ' *' : ''}`,
    and: ' AND ',
    or: ' OR ',
    having: (match) => sql`knowledge_words where knowledge_words match ${match}`,
    matching: (match, _terms, type) =>
      sql`select knowledge_words.rowid as id, -bm25(knowledge_words, 8.0, 4.0, 1.0) as rank from knowledge_words
        ${type === undefined ? sql`` : sql`join knowledge_entities e on e.id = knowledge_words.rowid and e.type = ${type}`}
        where knowledge_words match ${match}`,
  },
  postgres: {
    term: ({ word, isPrefix }, part) => {
      const shown = part === 'title' ? `t${word.slice(1)}` : word;
      return `'${shown}'${isPrefix ? ':*' : ''}`;
    },
    and: ' & ',
    or: ' | ',
    having: (match) => sql`knowledge_entities where words @@ cast(${match} as tsquery)`,
    matching: (match, terms, type) =>
      sql`select id, ${rank(terms)} as rank
        from (select cast(${match} as tsquery) as wanted, ${parsedTerms(terms)} offset 0) q, knowledge_entities
        where words @@ wanted ${type === undefined ? sql`` : sql`and type = ${type}`}`,
  },
};

/** The database knows nothing of how rare words are: each is ranked by itself. */
function rank(terms: readonly Term[]): RawBuilder<unknown> {
  const weights = sql`cast('{0.1, 0.1, 0.5, 1}' as real[])`;
  return sql.join(
    terms.map(
      (term, at) =>
        sql`cast(${rarity(term)} as real) * ts_rank(${weights}, words, ${sql.ref(`term${at}`)}, 1)`,
    ),
    sql` + `,
  );
}

/** Once for a statement and not for each row. */
function parsedTerms(terms: readonly Term[]): RawBuilder<unknown> {
  return sql.join(
    terms.map(
      (term, at) => sql`cast(${FULL_TEXT.postgres.term(term, 'all')} as tsquery) as ${sql.ref(`term${at}`)}`,
    ),
  );
}

/** How many entities have each of the words, up to one more than are told apart. */
export async function countEntities(
  { read, dialect }: KnowledgeReads,
  terms: readonly Wanted[],
): Promise<readonly number[]> {
  if (terms.length === 0) return [];
  const text = FULL_TEXT[dialect];
  const counts = terms.map(
    (term, at) =>
      sql`select cast(${at} as integer) as at, count(*) as entities
        from (select 1 from ${text.having(text.term(term, 'all'))} limit ${COMMON_ENTITIES + 1}) c`,
  );
  const rows = await read
    .selectFrom(sql<{ at: number; entities: number }>`(${sql.join(counts, sql` union all `)})`.as('counted'))
    .selectAll()
    .execute();
  const found = new Map(rows.map(({ at, entities }) => [at, entities]));
  return terms.map((_, at) => found.get(at) ?? 0);
}

/** The entities that the database takes for the best. */
export async function huntEntities(
  { read, dialect }: KnowledgeReads,
  { kind, terms }: Hunt,
  type: string | undefined,
): Promise<readonly number[]> {
  const text = FULL_TEXT[dialect];
  const match = (part: Part, joint: string, wanted = terms): RawBuilder<unknown> =>
    text.matching(wanted.map((term) => text.term(term, part)).join(joint), terms, type);
  const some = (matching: RawBuilder<unknown>): RawBuilder<unknown> =>
    sql`select * from (${matching} limit ${MAX_COMMON_LOOKED_AT}) s`;
  const found =
    kind === 'rare'
      ? match('all', text.or)
      : sql`select id, max(rank) as rank from (
          ${some(match('title', text.or))}
          union all ${some(match('all', text.and))}
          union all ${some(match('all', text.or, terms.slice(0, 1)))}
        ) u group by id`;
  const rows = await read
    .selectFrom(
      sql<{ id: number }>`(select id from (${found}) f order by rank desc, id limit ${MAX_RANKED})`.as(
        'best',
      ),
    )
    .selectAll()
    .execute();
  return rows.map(({ id }) => id);
}

export async function readWords(
  { read, dialect }: KnowledgeReads,
  ids: readonly number[],
): Promise<readonly (Words & Pick<EntityRow, 'id' | 'bytes' | 'name'>)[]> {
  return await read
    .selectFrom('knowledge_entities')
    .select(['id', 'name', 'bytes', 'name_words', 'type_words'])
    .select(sql<string>`substr(observation_words, 1, ${MAX_RANKED_CHARS})`.as('observation_words'))
    .where(isOneOfIntegers(dialect, 'id', ids))
    .execute();
}
