// Two servers that want one port. The first by the order of places has it; each conflict names both. Pure.

import type { McpServerResource } from '@tutti/schemas';

export interface PortConflict {
  readonly resource: McpServerResource;
  readonly message: string;
}

/** What is suspended takes no port. */
export function portConflicts(
  resources: readonly McpServerResource[],
  field: 'port' | 'httpPort',
): readonly PortConflict[] {
  const holders = new Map<number, McpServerResource>();
  const conflicts: PortConflict[] = [];
  for (const resource of resources.toSorted(byPlace)) {
    const { [field]: port, suspended } = resource.spec;
    if (port === undefined || suspended) continue;
    const holder = holders.get(port);
    if (holder === undefined) holders.set(port, resource);
    else {
      const place = `${holder.origin.path}:${holder.origin.line}`;
      const message = `${port} is the port of \`${holder.name}\` (${place}) already; choose another one`;
      conflicts.push({ resource, message });
    }
  }
  return conflicts;
}

function byPlace({ origin: a }: McpServerResource, { origin: b }: McpServerResource): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.line - b.line;
}
