// A ranked full text search over the tools of one view. It follows the view group by group when it is asked, builds in
// slices, and looks at a bounded part of the index, so that a large catalog holds up nobody's calls.

import MiniSearch from 'minisearch';
import type { Group, View } from '../routing/view.ts';
import { toolText } from './tool-text.ts';

/** Tools that are indexed at a time before others get their turn. */
const SLICE = 200;
/** Places of words that one search looks at. A word that nearly every tool has costs the most and tells the least: beyond
 *  this the commonest words of a query are left out, all but its rarest. */
export const MAX_PLACES = 20_000;

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: string;
}

export class ToolSearch {
  readonly #view: View;
  readonly #index = new MiniSearch<Entry>({
    fields: ['name', 'title', 'description', 'parameters'],
    tokenize: words,
    processTerm: (word) => {
      const folded = word.toLowerCase();
      this.#count(folded, 1);
      return folded;
    },
    searchOptions: {
      boost: { name: 4, title: 3, description: 2 },
      prefix: (term) => term.length > 2,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
    },
  });
  readonly #groups = new Map<string, Group>();
  /** How often each word occurs. */
  readonly #places = new Map<string, number>();
  #following: Promise<void> = Promise.resolve();

  constructor(view: View) {
    this.#view = view;
  }

  /** Names of tools, best first. */
  async find(query: string, limit: number): Promise<string[]> {
    this.#following = this.#following.then(() => this.#follow());
    await this.#following;
    const found: string[] = [];
    for (const { id } of this.#index.search(query, { processTerm: this.#telling(query) })) {
      // It may have gone since.
      if (this.#view.tool(String(id)) === undefined) continue;
      found.push(String(id));
      if (found.length === limit) break;
    }
    return found;
  }

  /** Passes the words of the query that are looked for. */
  #telling(query: string): (word: string) => string | null {
    const asked = new Set(words(query).map((word) => word.toLowerCase()));
    const rarestFirst = [...asked].sort((a, b) => this.#of(a) - this.#of(b));
    let places = 0;
    const telling = rarestFirst.filter((word, index) => {
      places += this.#of(word);
      return index === 0 || places <= MAX_PLACES;
    });
    return (word) => (telling.includes(word.toLowerCase()) ? word.toLowerCase() : null);
  }

  #of(word: string): number {
    return this.#places.get(word) ?? 0;
  }

  #count(word: string, change: 1 | -1): void {
    const places = this.#of(word) + change;
    if (places > 0) this.#places.set(word, places);
    else this.#places.delete(word);
  }

  #forget(tools: Group['tools']): void {
    this.#index.discardAll(tools.map(({ exposedName }) => exposedName));
    for (const { id: _, ...fields } of tools.map(entryOf))
      for (const text of Object.values(fields))
        for (const word of words(text)) this.#count(word.toLowerCase(), -1);
  }

  async #follow(): Promise<void> {
    const current = new Map<string, Group>();
    for (const group of this.#view.groups()) current.set(group.key, group);
    for (const [key, group] of this.#groups) {
      if (current.get(key) === group) continue;
      this.#forget(group.tools);
      this.#groups.delete(key);
    }
    for (const [key, group] of current) {
      if (this.#groups.has(key)) continue;
      this.#groups.set(key, group);
      for (let start = 0; start < group.tools.length; start += SLICE) {
        this.#index.addAll(group.tools.slice(start, start + SLICE).map(entryOf));
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    }
  }
}

function entryOf({ exposedName, exposedBytes }: Group['tools'][number]): Entry {
  return { id: exposedName, name: exposedName, ...toolText(exposedBytes) };
}

/** `createPullRequest` and `create_pull_request` are three words each, and the whole. */
function words(text: string): string[] {
  return text
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, ' ')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}
