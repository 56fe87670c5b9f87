// All tools that are known of any server, listed or not, so that one that is hidden can be told of too. Made anew for each
// question; nothing of it is kept.

import { objectMembers, stringValue } from '@tutti/wire';
import type { Observed } from '../../reconcile/mcp-server/observe.ts';
import { plainName } from '../../snapshot/names.ts';
import type { Family, JsonBytes, Segment, ToolItem } from '../../snapshot/types.ts';

export interface KnownTool {
  readonly server: string;
  /** The server's own name of it. */
  readonly tool: string;
  /** As the server said it last; undefined: it never did. */
  readonly bytes: JsonBytes | undefined;
  /** As it is in the catalog, or would be if its server were; undefined where it is blocked or can't be used. */
  readonly item: ToolItem | undefined;
}

export interface KnownServer {
  readonly name: string;
  readonly prefix: string;
  readonly segment: Segment | undefined;
  readonly observed: Observed | undefined;
  readonly family: Family | undefined;
}

const NAME: ReadonlySet<string> = new Set(['name']);

export function* toolsOf({ name: server, segment, observed }: KnownServer): Iterable<KnownTool> {
  for (const item of segment?.tools ?? []) yield { server, tool: item.name, bytes: item.bytes, item };
  const found = observed?.discovery?.found.tools ?? [];
  // Every tool that was found is listed: nothing is blocked.
  if (segment !== undefined && found.length === segment.tools.length) return;
  for (const bytes of found) {
    const at = objectMembers(bytes, { start: 0, end: bytes.length }, NAME).get('name');
    const tool = at === undefined ? undefined : stringValue(bytes, at);
    if (tool !== undefined && segment?.byTool.has(tool) !== true)
      yield { server, tool, bytes, item: undefined };
  }
}

/** Whether the text names the tool: at an endpoint, in its family, or by the server's own name. */
export function isCalled(
  asked: string,
  { tool, item }: KnownTool,
  { name, prefix, family }: KnownServer,
): boolean {
  if (asked === tool || asked === `${name}/${tool}` || asked === item?.exposedName) return true;
  if (asked === plainName(prefix, tool)) return true;
  const shared = family?.byTool.get(tool);
  return shared?.exposedName === asked && shared.members.has(name);
}

/** The tool of a server that has shown nothing yet, as its name at the endpoint would have it. */
export function promisedTool(asked: string, { name, prefix, observed }: KnownServer): KnownTool | undefined {
  if (observed?.discovery !== undefined) return undefined;
  for (const start of [`${prefix}_`, `${name}_`, `${name}/`]) {
    const tool = asked.slice(start.length);
    if (asked.startsWith(start) && tool !== '')
      return { server: name, tool, bytes: undefined, item: undefined };
  }
  return undefined;
}
