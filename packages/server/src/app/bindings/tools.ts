// Tools for the API's pages: those that an endpoint shows, or all that one server showed.

import type { ApiTool } from '@tutti/schemas';
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
  /** Whether it is not as it was approved. */
  pinOf?(tool: ToolItem | FamilyTool): ApiTool['pin'];
  /** The name by which the tool can be called. */
  nameOf(tool: ToolItem | FamilyTool): string;
}

/** Whether a server's tool is not as it was approved, by the server's own name of it. */
export type PinStateOf = (server: string, tool: string) => ApiTool['pin'];

/** In the order of the list that clients get. */
export function* toolsOfView(view: View, pinState: PinStateOf): Iterable<ToolGroup> {
  for (const { key, family, tools } of view.groups())
    yield {
      key,
      server: family?.name ?? key,
      tools,
      bytesOf: (tool) => tool.exposedBytes,
      nameOf: (tool) => tool.exposedName,
      pinOf: (tool) => {
        const holders = 'members' in tool ? [...tool.members.keys()] : [key];
        return holders.map((server) => pinState(server, tool.name)).find((state) => state !== undefined);
      },
    };
}

/** In the order of the server. */
export function toolsOfServer(
  { server, tools }: Segment,
  { servers, families }: Snapshot,
  pinState: PinStateOf,
): ToolGroup {
  const family = families.get(servers.get(server)?.family?.name ?? '');
  return {
    key: server,
    server,
    tools,
    bytesOf: (tool) => tool.bytes,
    pinOf: (tool) => pinState(server, tool.name),
    nameOf: (tool) => {
      const shared = family?.byTool.get(tool.name);
      return shared?.members.has(server) === true ? shared.exposedName : tool.exposedName;
    },
  };
}
