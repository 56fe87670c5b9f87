// Two servers that want one httpPort. The first by the order of places has it; each conflict names both. Pure.

import type { McpServerResource } from '@tutti/schemas';
import { compareOrigins, placeOf } from './origin.ts';

export interface PortConflict {
  readonly resource: McpServerResource;
  readonly message: string;
}

/** What is suspended takes no port. */
export function httpPortConflicts(resources: readonly McpServerResource[]): readonly PortConflict[] {
  const holders = new Map<number, McpServerResource>();
  const conflicts: PortConflict[] = [];
  for (const resource of resources.toSorted(byPlace)) {
    const { httpPort, suspended } = resource.spec;
    if (httpPort === undefined || suspended) continue;
    const holder = holders.get(httpPort);
    if (holder === undefined) holders.set(httpPort, resource);
    else conflicts.push({ resource, message: conflictMessage(httpPort, holder, resource) });
  }
  return conflicts;
}

/** For the place of `other`, so that both servers and both places are named. */
export function conflictMessage(port: number, holder: McpServerResource, other: McpServerResource): string {
  const choose = `choose another one for \`${other.name}\``;
  return `${port} is the port of \`${holder.name}\` (${placeOf(holder.origin)}) already; ${choose}`;
}

export function byPlace({ origin: a }: McpServerResource, { origin: b }: McpServerResource): number {
  return compareOrigins(a, b);
}
