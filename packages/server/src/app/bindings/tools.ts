// Tools for the API's pages: those that an endpoint shows, or all that one server showed.

import type { View } from '../../gateway/routing/view.ts';
import type { FamilyTool, JsonBytes, Segment, Snapshot, ToolItem } from '../../snapshot/types.ts';

/** Tools that stand together. None of them is looked into. */
export interface ToolGroup {
  /** Groups come in the order of their keys. */
  readonly key: string;
  /** The server or the family. */
  readonly server: string;
  readonly tools: readonly (ToolItem | FamilyTool)[];
  /** The declaration that is shown. */
  bytesOf(tool: ToolItem | FamilyTool): JsonBytes;
  /** The name by which the tool can be called. */
  nameOf(tool: ToolItem | FamilyTool): string;
}

/** In the order of the list that clients get. */
export function* toolsOfView(view: View): Iterable<ToolGroup> {
  for (const { key, family, tools } of view.groups())
    yield {
      key,
      server: family?.name ?? key,
      tools,
      bytesOf: (tool) => tool.exposedBytes,
      nameOf: (tool) => tool.exposedName,
    };
}

/** In the order of the server. */
export function toolsOfServer({ server, tools }: Segment, { servers, families }: Snapshot): ToolGroup {
  const family = families.get(servers.get(server)?.family?.name ?? '');
  return {
    key: server,
    server,
    tools,
    bytesOf: (tool) => tool.bytes,
    nameOf: (tool) => {
      const shared = family?.byTool.get(tool.name);
      return shared?.members.has(server) === true ? shared.exposedName : tool.exposedName;
    },
  };
}
