// The words of tools, and where they are: MiniSearch, with a look at its vocabulary, so that a query can be told what it
// costs before it is made.

import MiniSearch from 'minisearch';
import { chooseWords, MAX_PLACES, type Vocabulary } from './query-words.ts';

/** Characters of what a tool says of itself, and of its arguments, that are indexed: what matters is said first. */
export const MAX_DESCRIPTION_CHARS = 400;
export const MAX_PARAMETER_CHARS = 240;
/** A word that this many descriptions have is in no search any more: where else it is need not be kept. */
export const COMMON_PLACES = 2 * MAX_PLACES;

export interface IndexedTool {
  readonly id: string;
  /** And its title. */
  readonly name: string;
  /** What it does, and its arguments. */
  readonly about: string;
}

export class ToolIndex extends MiniSearch<IndexedTool> implements Vocabulary {
  readonly #common: Set<string>;

  constructor() {
    const common = new Set<string>();
    super({
      fields: ['name', 'about'],
      tokenize: (text, field) =>
        field === 'about' ? wordsOf(text).filter((word) => !common.has(word)) : wordsOf(text),
      processTerm: (word) => word,
      searchOptions: { boost: { name: 4, about: 1.5 }, prefix: false, fuzzy: false },
    });
    this.#common = common;
  }

  /** What the last of them says tells which words have become common. */
  put(tools: readonly IndexedTool[]): void {
    this.addAll(tools);
    for (const word of wordsOf(tools.at(-1)?.about ?? ''))
      if (this.places(word) >= COMMON_PLACES) this.#common.add(word);
  }

  drop(ids: readonly string[]): void {
    this.discardAll(ids);
    for (const word of this.#common) if (this.places(word) < COMMON_PLACES) this.#common.delete(word);
  }

  /** Ids, best first. */
  *find(query: string): Iterable<string> {
    const { words, common } = chooseWords(wordsOf(query), this);
    if (common !== undefined) yield* this.#holders(common);
    if (words.size === 0) return;
    const found = this.search([...words.keys()].join(' '), { boostTerm: (word) => words.get(word) ?? 1 });
    for (const { id } of found) yield String(id);
  }

  places(word: string): number {
    let places = 0;
    for (const held of this._index.get(word)?.values() ?? []) places += held.size;
    return places;
  }

  startingWith(prefix: string): Iterable<string> {
    return this._index.atPrefix(prefix).keys();
  }

  *near(word: string, edits: number): Iterable<readonly [string, number]> {
    for (const [found, [, distance]] of this._index.fuzzyGet(word, edits)) yield [found, distance];
  }

  /** Whoever has the word, in the name first; as many as are taken. */
  *#holders(word: string): Iterable<string> {
    const held = this._index.get(word);
    for (const field of Object.values(this._fieldIds))
      for (const document of held?.get(field)?.keys() ?? []) {
        const id: unknown = this._documentIds.get(document);
        if (typeof id === 'string') yield id;
      }
  }
}

/** `createPullRequest` and `create_pull_request` are three words each. */
function wordsOf(text: string): string[] {
  return text
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, ' ')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}
