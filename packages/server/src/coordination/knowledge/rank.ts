// How well an entity fits a query: the same arithmetic over what either database found, so that the order is the same.
// A word in the name says more than one in the type, and that more than one in an observation; a rare word says more than a
// common one; often says more than once, and in a long text less than in a short one. Pure.

/** How much of a word's entities is counted: a word in more of them is common, and says little. */
export const COMMON_ENTITIES = 2_000;
/** Words of a query that are looked for; further ones are not. */
export const MAX_QUERY_WORDS = 24;

const NAME_WEIGHT = 8;
const TYPE_WEIGHT = 4;
/** From where on the same word again says hardly more. */
const SATURATION = 1.2;
/** What counts as a text of usual length, in words. */
const USUAL_WORDS = 40;
const LENGTH_SHARE = 0.75;

/** A word of a query. */
export interface Term {
  /** As it stands in the columns. */
  readonly word: string;
  /** Words that begin with it count. */
  readonly isPrefix: boolean;
  /** Entities that have it, counted up to one more than COMMON_ENTITIES. */
  readonly entities: number;
}

/** The columns of an entity. */
export interface Words {
  readonly name_words: string;
  readonly type_words: string;
  readonly observation_words: string;
}

/** 0: nothing of the query is in it. */
export function scoreOf(words: Words, terms: readonly Term[]): number {
  const name = split(words.name_words);
  const type = split(words.type_words);
  const observations = split(words.observation_words);
  const length = name.length + type.length + observations.length;
  const norm = SATURATION * (1 - LENGTH_SHARE + (LENGTH_SHARE * length) / USUAL_WORDS);
  let score = 0;
  for (const term of terms) {
    const often =
      NAME_WEIGHT * countOf(name, term) + TYPE_WEIGHT * countOf(type, term) + countOf(observations, term);
    if (often > 0) score += (rarity(term) * often) / (often + norm);
  }
  return Math.round(score * 10_000) / 10_000;
}

/** What a word is worth by how few have it. */
export function rarity({ entities }: Pick<Term, 'entities'>): number {
  return Math.log(1 + (2 * COMMON_ENTITIES) / Math.max(1, entities));
}

function split(column: string): readonly string[] {
  return column === '' ? [] : column.split(' ');
}

function countOf(words: readonly string[], { word, isPrefix }: Term): number {
  let count = 0;
  for (const one of words) if (isPrefix ? one.startsWith(word) : one === word) count += 1;
  return count;
}

/** Which entities are looked at. Undefined: none has any of the words. */
export type Hunt =
  /** Those with one of these words, which few have. */
  | { readonly kind: 'rare'; readonly terms: readonly Term[] }
  /** All words are common: some that have one in the name or type, some that have all, some that have the rarest. */
  | { readonly kind: 'common'; readonly terms: readonly Term[] };

/** Rare words are looked for, the rarest first, until so many entities are to be looked at. */
const MAX_HUNTED = COMMON_ENTITIES;
/** Of words that all are common, how many are looked for: the rarest. */
const MAX_COMMON_HUNTED = 6;

export function huntFor(terms: readonly Term[]): Hunt | undefined {
  const known = terms.filter(({ entities }) => entities > 0).toSorted((a, b) => a.entities - b.entities);
  const rare: Term[] = [];
  let hunted = 0;
  for (const term of known) {
    if (term.entities > COMMON_ENTITIES || hunted + term.entities > MAX_HUNTED) break;
    hunted += term.entities;
    rare.push(term);
  }
  if (rare.length > 0) return { kind: 'rare', terms: rare };
  return known.length === 0 ? undefined : { kind: 'common', terms: known.slice(0, MAX_COMMON_HUNTED) };
}
