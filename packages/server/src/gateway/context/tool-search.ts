// A ranked full text search over the tools of one view. It follows the view group by group when it is asked, and builds
// in slices, so that a large catalog holds up nobody's calls.

import MiniSearch from 'minisearch';
import type { Group, View } from '../routing/view.ts';
import { toolText } from './tool-text.ts';

/** Tools that are indexed at a time before others get their turn. */
const SLICE = 200;

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
    searchOptions: {
      boost: { name: 4, title: 3, description: 2 },
      prefix: (term) => term.length > 2,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
    },
  });
  readonly #groups = new Map<string, Group>();
  #following: Promise<void> = Promise.resolve();

  constructor(view: View) {
    this.#view = view;
  }

  /** Names of tools, best first. */
  async find(query: string, limit: number): Promise<string[]> {
    this.#following = this.#following.then(() => this.#follow());
    await this.#following;
    const found: string[] = [];
    for (const { id } of this.#index.search(query)) {
      // It may have gone since.
      if (this.#view.tool(String(id)) === undefined) continue;
      found.push(String(id));
      if (found.length === limit) break;
    }
    return found;
  }

  async #follow(): Promise<void> {
    const current = new Map<string, Group>();
    for (const group of this.#view.groups()) current.set(group.key, group);
    for (const [key, group] of this.#groups) {
      if (current.get(key) === group) continue;
      this.#index.discardAll(group.tools.map(({ exposedName }) => exposedName));
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
