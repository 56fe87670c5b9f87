// The held calls as others see them: the API, the CLI, Tutti's own tools. A handle is good for its principal only.

import type { TaskHandles } from './handles.ts';
import type { HeldCall } from './held-call.ts';
import type { HeldCalls } from './held-calls.ts';
import type { HeldOutcome } from './held-outcome.ts';

export interface HeldResult {
  readonly handle: string;
  readonly principal: string;
  readonly server: string;
  readonly tool: string | undefined;
  readonly startedMs: number;
  /** Undefined while the call is under way. */
  readonly outcome: HeldOutcome | undefined;
  readonly endedMs: number | undefined;
  readonly expiresMs: number | undefined;
}

/** `principal` undefined: whoever may see what all have. */
export interface Results {
  /** Oldest first. */
  list(principal: string | undefined): HeldResult[];
  /** Undefined for a handle that was given to somebody else, whose result is gone, or that is of a tool which its holder
   *  may not use any more. */
  get(handle: string, principal: string | undefined): HeldResult | undefined;
  /** Ends the call and forgets it. */
  drop(handle: string, principal: string | undefined): HeldResult | undefined;
}

/** Whether the principal may still use what was called. */
export type MayUse = (principal: string, server: string, tool: string | undefined) => boolean;

export interface ResultsDeps {
  readonly calls: HeldCalls;
  readonly handles: TaskHandles;
  readonly mayUse: MayUse;
  /** A policy kept a result from its holder. */
  readonly denied: () => void;
}

export function createResults({ calls, handles, mayUse, denied }: ResultsDeps): Results {
  const isTheirs = ({ principal, ref, tool }: HeldCall): boolean => mayUse(principal, ref.server, tool);
  const shown = (held: HeldCall): HeldResult => ({
    handle: handles.seal(held.ref, held.principal),
    principal: held.principal,
    server: held.ref.server,
    tool: held.tool,
    startedMs: held.startedMs,
    outcome: held.outcome,
    endedMs: held.outcome === undefined ? undefined : held.endedMs,
    expiresMs: held.outcome === undefined ? undefined : held.expiresMs,
  });
  function find(handle: string, principal: string | undefined): HeldCall | undefined {
    if (principal === undefined)
      return calls.of(undefined).find((held) => handles.seal(held.ref, held.principal) === handle);
    const ref = handles.open(handle, principal);
    const held = ref && calls.get(ref, principal);
    if (held === undefined || isTheirs(held)) return held;
    denied();
    return undefined;
  }
  return {
    list: (principal) =>
      calls
        .of(principal)
        .filter((held) => principal === undefined || isTheirs(held))
        .map(shown),
    get(handle, principal) {
      const held = find(handle, principal);
      // Who looks for somebody else has not seen it for its client.
      if (held?.outcome !== undefined && held.principal === principal) held.markSeen();
      return held && shown(held);
    },
    drop(handle, principal) {
      const held = find(handle, principal);
      if (held === undefined) return undefined;
      held.stop('it was dropped');
      calls.drop(held);
      return shown(held);
    },
  };
}
