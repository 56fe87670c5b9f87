// Why a tool that a server has can't be called: what it says of itself has not been approved. Asked only about names
// that lead nowhere, so no call pays for it.

import { plainName } from '../../snapshot/names.ts';
import type { ServerEntry } from '../../snapshot/types.ts';
import type { Selection } from './selection.ts';

/** By the name that the server knows. */
export function heldToolText(
  { name: server, segment, listedOnly }: ServerEntry,
  tool: string,
): string | undefined {
  const held = segment?.heldTools.get(tool);
  if (held !== undefined) {
    const why = held.state === 'changed' ? 'changed since it was approved' : 'is new and was never approved';
    return `The tool ${tool} of ${server} ${why}, so it is held back until a person approves it: \`tutti pins ${server}\` shows what it says of itself.`;
  }
  return segment === undefined && listedOnly
    ? `${server} has not shown its tools yet, and only approved ones may be called; try again when it is ready.`
    : undefined;
}

/** By a name of a view of many servers. */
export function heldInView(
  servers: Iterable<ServerEntry>,
  name: string,
  shownAs: Selection['shownAs'],
): string | undefined {
  for (const entry of servers) {
    const { name: server, family, segment } = entry;
    for (const [tool, { exposedName }] of segment?.heldTools ?? []) {
      const own = shownAs(server, tool, exposedName);
      const isShared = family !== undefined && own === exposedName && plainName(family.prefix, tool) === name;
      if (own === name || isShared) return heldToolText(entry, tool);
    }
  }
  return undefined;
}
