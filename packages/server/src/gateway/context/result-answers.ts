// What `get_result` answers: the calls that a client left, and what one of them came to, as the result that it would have
// had.

import type { Era } from '../../snapshot/types.ts';
import type { HeldResult, Results } from '../tasks/results.ts';
import { inlinedResult } from '../tasks/task-text.ts';
import { fit } from './budget.ts';
import type { MetaCall } from './meta-call.ts';

export interface OwnResults {
  readonly results: Results;
  readonly principal: string;
}

export function getResult(
  { results, principal }: OwnResults,
  handle: string | undefined,
  era: Era,
): MetaCall {
  if (handle === undefined) return { kind: 'answer', text: listed(results.list(principal)) };
  const held = results.get(handle, principal);
  if (held === undefined)
    return {
      kind: 'wrong',
      text: 'There is no result under this handle: it is gone, or was given to somebody else. get_result without a handle says which there are.',
    };
  const { outcome } = held;
  switch (outcome?.kind) {
    case undefined:
      return { kind: 'answer', text: brief(held) };
    case 'result':
      return {
        kind: 'reply',
        reply: { kind: 'result', json: era === 'modern' ? inlinedResult(outcome.json) : outcome.json },
      };
    case 'error':
      return { kind: 'wrong', text: `The call failed: ${outcome.error.message}` };
    case 'cancelled':
      return { kind: 'wrong', text: 'The call was cancelled.' };
  }
}

/** The newest first, as many as fit. */
function listed(all: readonly HeldResult[]): string {
  const newest = all.toReversed();
  const { items } = fit(newest.length, 0, (index) => {
    const held = newest[index];
    return held === undefined ? '' : brief(held);
  });
  return `{"results":[${items.join(',')}],"total":${all.length}}`;
}

function brief({ handle, server, tool, startedMs, endedMs, outcome }: HeldResult): string {
  const time = (ms: number | undefined): string | undefined =>
    ms === undefined ? undefined : new Date(ms).toISOString();
  return JSON.stringify({
    handle,
    server,
    tool,
    status: outcome === undefined ? 'working' : 'over',
    startedAt: time(startedMs),
    endedAt: time(endedMs),
  });
}
