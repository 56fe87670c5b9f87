// Two servers that want one port. The first by the order of places has it; each conflict names both. Pure.

import type { McpServerResource } from '@tutti/schemas';
import { compareOrigins, placeOf } from './origin.ts';

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
  for (const resource of resources.toSorted((a, b) => compareOrigins(a.origin, b.origin))) {
    const { [field]: port, suspended } = resource.spec;
    if (port === undefined || suspended) continue;
    const holder = holders.get(port);
    if (holder === undefined) holders.set(port, resource);
    else {
      const message = `${port} is the port of \`${holder.name}\` (${placeOf(holder.origin)}) already; choose another one`;
      conflicts.push({ resource, message });
    }
  }
  return conflicts;
}
