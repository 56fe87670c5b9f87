// Which words of an index a query looks for, and how much each of them counts. A word costs as much as it has places, so
// that together they have only so many: a word that nearly every tool has costs the most and tells the least. Pure.

/** Words of a query that count; a longer one is no query. */
export const MAX_QUERY_WORDS = 16;
/** Characters of a word of a query. */
export const MAX_WORD_CHARS = 64;
/** Words of the index that are looked at for each word of a query, because they begin with it or are near to it. */
export const MAX_NEAR_WORDS = 200;
/** Places of words that one search looks at. */
export const MAX_PLACES = 6_000;

const MIN_PREFIX_CHARS = 3;
const MIN_FUZZY_CHARS = 5;
/** Edits per character, and at most. */
const FUZZY = 0.2;
const MAX_EDITS = 2;
const PREFIX_WEIGHT = 0.375;
const FUZZY_WEIGHT = 0.45;

/** The words that are indexed. */
export interface Vocabulary {
  /** How often the word occurs. */
  places(word: string): number;
  startingWith(prefix: string): Iterable<string>;
  /** With the number of edits. */
  near(word: string, edits: number): Iterable<readonly [word: string, edits: number]>;
}

export interface QueryWords {
  /** Weights by words. */
  readonly words: ReadonlyMap<string, number>;
  /** Where nothing else is known: the best word, which has more places than can be looked at. */
  readonly common: string | undefined;
}

interface Candidate {
  readonly word: string;
  readonly weight: number;
  readonly places: number;
}

export function chooseWords(asked: readonly string[], vocabulary: Vocabulary): QueryWords {
  const own = [...new Set(asked)].filter((word) => word.length <= MAX_WORD_CHARS).slice(0, MAX_QUERY_WORDS);
  const exact = own.map((word) => ({ word, weight: 1, places: vocabulary.places(word) }));
  const known = exact.filter(({ places }) => places > 0).sort((a, b) => a.places - b.places);
  const others = own
    .flatMap((word) => [...nearWords(word, vocabulary)])
    .sort((a, b) => b.weight - a.weight || a.places - b.places);
  const words = new Map<string, number>();
  let left = MAX_PLACES;
  for (const { word, weight, places } of [...known, ...others]) {
    if (words.has(word) || places > left) continue;
    words.set(word, weight);
    left -= places;
  }
  const [best] = [...known, ...others];
  return { words, common: words.size === 0 ? best?.word : undefined };
}

function* nearWords(word: string, vocabulary: Vocabulary): Iterable<Candidate> {
  let seen = 0;
  const candidate = (found: string, weight: number): Candidate => ({
    word: found,
    weight,
    places: vocabulary.places(found),
  });
  if (word.length >= MIN_PREFIX_CHARS)
    for (const found of vocabulary.startingWith(word)) {
      if (++seen > MAX_NEAR_WORDS) break;
      const more = found.length - word.length;
      if (more > 0) yield candidate(found, (PREFIX_WEIGHT * found.length) / (found.length + 0.3 * more));
    }
  if (word.length < MIN_FUZZY_CHARS) return;
  seen = 0;
  for (const [found, edits] of vocabulary.near(word, Math.min(MAX_EDITS, Math.round(FUZZY * word.length)))) {
    if (++seen > MAX_NEAR_WORDS) break;
    if (edits > 0) yield candidate(found, (FUZZY_WEIGHT * found.length) / (found.length + edits));
  }
}
