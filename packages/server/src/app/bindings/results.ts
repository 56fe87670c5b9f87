// Held calls in the API's own shapes. What a call came to passes as the text that it came in.

import type { ApiResult } from '@tutti/schemas';
import type { ResultsApi } from '../../api/deps.ts';
import type { HeldResult, Results } from '../../gateway/tasks/results.ts';

export function createResultsApi(results: Results): ResultsApi {
  return {
    list: (principal) => results.list(principal).map(shownResult),
    read(handle, principal) {
      const held = results.get(handle, principal);
      if (held === undefined) return undefined;
      const head = JSON.stringify(shownResult(held));
      const { outcome } = held;
      if (outcome === undefined || outcome.kind === 'cancelled') return head;
      const end =
        outcome.kind === 'result'
          ? `"result":${outcome.json.toString()}`
          : `"error":${JSON.stringify({ code: outcome.error.code, message: outcome.error.message, data: outcome.error.data })}`;
      return `${head.slice(0, -1)},${end}}`;
    },
    drop(handle, principal) {
      const held = results.drop(handle, principal);
      return held && shownResult(held);
    },
  };
}

function shownResult(held: HeldResult): ApiResult {
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    handle: held.handle,
    principal: held.principal,
    server: held.server,
    ...(held.tool !== undefined && { tool: held.tool }),
    status: statusOf(held),
    startedAt: time(held.startedMs),
    ...(held.endedMs !== undefined && { endedAt: time(held.endedMs) }),
    ...(held.expiresMs !== undefined && { expiresAt: time(held.expiresMs) }),
  };
}

function statusOf({ outcome }: HeldResult): ApiResult['status'] {
  if (outcome === undefined) return 'working';
  if (outcome.kind === 'result') return outcome.isError ? 'failed' : 'completed';
  return outcome.kind === 'error' ? 'failed' : 'cancelled';
}
