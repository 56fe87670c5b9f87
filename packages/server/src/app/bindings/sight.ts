// Which servers somebody may know of: those of which MCP shows them something, or would once their tools are known.

import type { ApiDeps } from '../../api/deps.ts';
import { isAllowed } from '../../gateway/routing/restricted-selection.ts';
import type { Access } from '../../policy/access.ts';
import { hidesServers, scopeOf } from '../../policy/rule.ts';
import type { McpServerReconciler } from '../../reconcile/mcp-server/reconciler.ts';
import { NATIVE_SERVER } from '../../snapshot/types.ts';

export function createSight(
  reconciler: Pick<McpServerReconciler, 'segment' | 'statuses'>,
): Pick<ApiDeps, 'sees' | 'seesAll'> {
  function sees({ rules }: Access, server: string): boolean {
    const { tools, rest } = scopeOf(rules, server);
    if (tools !== 'some') return tools === 'all';
    const segment = reconciler.segment(server);
    if (segment === undefined || segment.tools.length === 0) return true;
    const { prompts, resources, resourceTemplates } = segment;
    if (rest && prompts.length + resources.length + resourceTemplates.length > 0) return true;
    return segment.tools.some((tool) => isAllowed(rules, server, tool.name, tool));
  }

  return {
    sees,
    seesAll: (access) =>
      !hidesServers(access.rules, NATIVE_SERVER) &&
      [...reconciler.statuses().keys()].every((name) => name === NATIVE_SERVER || sees(access, name)),
  };
}
