// What a change does to one view: tools by whose they are, so that a tool that only got another name has moved. Pure.

import type { ApiPlannedTool, ApiPlannedView } from '@tutti/schemas';
import type { View } from '../../gateway/routing/view.ts';
import type { JsonBytes } from '../../snapshot/types.ts';

/** Tools of one list of a view; the counts are of all. */
export const MAX_LISTED_TOOLS = 1_000;

interface Shown extends ApiPlannedTool {
  readonly bytes: JsonBytes;
}

export function viewChange(
  path: string,
  before: View | undefined,
  after: View | undefined,
  unknown: readonly string[],
): ApiPlannedView {
  const [was, is] = [toolsOf(before), toolsOf(after)];
  const added: ApiPlannedTool[] = [];
  const removed: ApiPlannedTool[] = [];
  const changed: ApiPlannedTool[] = [];
  const moved: (ApiPlannedTool & { before: string })[] = [];
  for (const [key, tool] of is) {
    const known = was.get(key);
    if (known === undefined) added.push(shown(tool));
    else if (known.name !== tool.name) moved.push({ ...shown(tool), before: known.name });
    else if (known.bytes !== tool.bytes && !known.bytes.equals(tool.bytes)) changed.push(shown(tool));
  }
  for (const [key, tool] of was) if (!is.has(key)) removed.push(shown(tool));
  const counts = {
    added: added.length,
    removed: removed.length,
    changed: changed.length,
    moved: moved.length,
  };
  const isSame = Object.values(counts).every((count) => count === 0);
  return {
    path,
    change: before === undefined ? 'added' : after === undefined ? 'removed' : isSame ? 'none' : 'changed',
    added: listed(added),
    removed: listed(removed),
    changed: listed(changed),
    moved: listed(moved),
    counts,
    unknown: [...unknown],
  };
}

function toolsOf(view: View | undefined): ReadonlyMap<string, Shown> {
  const tools = new Map<string, Shown>();
  for (const { key, family, tools: items } of view?.groups() ?? [])
    for (const { name, exposedName, exposedBytes } of items)
      tools.set(`${key}\0${name}`, {
        name: exposedName,
        server: family?.name ?? key,
        tool: name,
        bytes: exposedBytes,
      });
  return tools;
}

function shown({ name, server, tool }: Shown): ApiPlannedTool {
  return { name, server, tool };
}

function listed<Item extends ApiPlannedTool>(items: Item[]): Item[] {
  return items.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MAX_LISTED_TOOLS);
}
