// Who took a server out of service, or back into it, and whether that still counts. What the declaration says of the
// point is remembered, so that a change there is seen: the declaration wins by changing, not by being there. Pure.

import type { McpServerResource, Origin } from '@tutti/schemas';

export interface Suspension {
  /** What was asked for. */
  readonly suspended: boolean;
  /** What the declaration said then. */
  readonly declared: boolean;
  /** Of which origin that declaration was: `git:team`, `file`, `api`. */
  readonly origin: string;
  /** `override`: it counts beside the declaration. `declaration`: the declaration says the same by now. `moving`: it
   *  counts whatever the declaration says, which is being changed. */
  readonly place: 'override' | 'declaration' | 'moving';
  readonly by: string;
  readonly sinceMs: number;
}

/** `dormant`: it is of another declaration than the one in force. `lapsed`: the declaration has changed in this point. */
export type Standing = 'in-force' | 'dormant' | 'lapsed';

export function originKey(origin: Origin): string {
  return origin.kind === 'git' ? `git:${origin.source}` : origin.kind;
}

export function standingOf(suspension: Suspension, { origin, spec }: McpServerResource): Standing {
  if (originKey(origin) !== suspension.origin) return 'dormant';
  switch (suspension.place) {
    case 'moving':
      return 'in-force';
    case 'override':
      return spec.suspended === suspension.declared ? 'in-force' : 'lapsed';
    case 'declaration':
      return spec.suspended === suspension.suspended ? 'in-force' : 'lapsed';
  }
}
