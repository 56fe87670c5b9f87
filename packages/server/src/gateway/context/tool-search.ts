// A ranked full text search over the tools of one view. It follows the view group by group when it is asked, builds in
// slices, and looks at a bounded part of the index, so that a large catalog holds up nobody's calls.

import type { Group, View } from '../routing/view.ts';
import { type IndexedTool, MAX_DESCRIPTION_CHARS, MAX_PARAMETER_CHARS, ToolIndex } from './tool-index.ts';
import { toolText } from './tool-text.ts';

/** Tools that are indexed at a time before others get their turn. */
const SLICE = 50;

export class ToolSearch {
  readonly #view: View;
  readonly #index = new ToolIndex();
  readonly #groups = new Map<string, Group>();
  #following: Promise<void> = Promise.resolve();

  constructor(view: View) {
    this.#view = view;
  }

  /** Names of tools, best first. */
  async find(query: string, limit: number): Promise<string[]> {
    this.#following = this.#following.then(() => this.#follow());
    await this.#following;
    const found = new Set<string>();
    for (const id of this.#index.find(query)) {
      // It may have gone since.
      if (this.#view.tool(id) !== undefined) found.add(id);
      if (found.size === limit) break;
    }
    return [...found];
  }

  async #follow(): Promise<void> {
    const current = new Map<string, Group>();
    for (const group of this.#view.groups()) current.set(group.key, group);
    for (const [key, group] of this.#groups) {
      if (current.get(key) === group) continue;
      this.#index.drop(group.tools.map(({ exposedName }) => exposedName));
      this.#groups.delete(key);
    }
    for (const [key, group] of current) {
      if (this.#groups.has(key)) continue;
      this.#groups.set(key, group);
      for (let start = 0; start < group.tools.length; start += SLICE) {
        this.#index.put(group.tools.slice(start, start + SLICE).map(entryOf));
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    }
  }
}

function entryOf({ exposedName, exposedBytes }: Group['tools'][number]): IndexedTool {
  const { title, description, parameters } = toolText(exposedBytes);
  const about = `${description.slice(0, MAX_DESCRIPTION_CHARS)} ${parameters.slice(0, MAX_PARAMETER_CHARS)}`;
  return { id: exposedName, name: `${exposedName} ${title}`, about };
}
