// Tools in the API's own shape: those that an endpoint shows, or all that one server showed.

import type { ApiTool } from '@tutti/schemas';
import { z } from 'zod';
import type { View } from '../../gateway/routing/view.ts';
import type { FamilyTool, JsonBytes, Segment, Snapshot, ToolItem } from '../../snapshot/types.ts';

const shownToolSchema = z.object({
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown(),
});

/** In the order of the list that clients get. */
export function toolsOfView(view: View): ApiTool[] {
  return [...view.groups()].flatMap(({ key, family, tools }) =>
    tools.map((tool) => apiTool(family?.name ?? key, tool, tool.exposedBytes)),
  );
}

/** In the order of the server, each under the name by which it can be called. */
export function toolsOfServer({ server, tools }: Segment, { servers, families }: Snapshot): ApiTool[] {
  const family = families.get(servers.get(server)?.family?.name ?? '');
  return tools.map((tool) => {
    const shared = family?.byTool.get(tool.name);
    return shared?.members.has(server) === true
      ? { ...apiTool(server, tool, tool.bytes), exposedName: shared.exposedName }
      : apiTool(server, tool, tool.bytes);
  });
}

/** Whether the tool's name or description has the text. */
export function matchesQuery(
  { exposedName, title, description }: ApiTool,
  query: string | undefined,
): boolean {
  const text = `${exposedName} ${title ?? ''} ${description ?? ''}`.toLowerCase();
  return query === undefined || text.includes(query.toLowerCase());
}

function apiTool(server: string, tool: ToolItem | FamilyTool, bytes: JsonBytes): ApiTool {
  const { title, description, inputSchema } = shownToolSchema.parse(JSON.parse(bytes.toString()));
  return {
    server,
    ...('members' in tool && { members: [...tool.members.keys()] }),
    name: tool.name,
    exposedName: tool.exposedName,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    inputSchema,
  };
}
