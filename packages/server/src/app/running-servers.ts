// The servers that serve now, by name; Tutti's own tools are not one of them.

import type { McpServerReconciler } from '../reconcile/mcp-server/reconciler.ts';
import { NATIVE_SERVER } from '../snapshot/types.ts';

export function runningServers(reconciler: Pick<McpServerReconciler, 'statuses'>): string[] {
  return [...reconciler.statuses()]
    .filter(([name, { state }]) => name !== NATIVE_SERVER && (state === 'Running' || state === 'Connected'))
    .map(([name]) => name);
}
