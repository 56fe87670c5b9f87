// Whether the tools that a server shows are those that were approved. Pure.

import type { PinPolicy } from '@tutti/schemas';

/** Why a tool that is shown is not the approved one: its definition is another, or none of its name ever was approved. */
export interface Deviation {
  readonly state: 'changed' | 'new';
  /** Of the definition that is shown. */
  readonly digest: string;
}

export interface Judgement {
  /** By the server's own name of the tool; all others are as they were approved. */
  readonly deviating: ReadonlyMap<string, Deviation>;
  /** Approved tools that the server does not show any more; their approval stands. */
  readonly removed: readonly string[];
}

/** Nothing deviates: one value, so that whoever compares sees at once that nothing changed. */
export const AS_APPROVED: Judgement = { deviating: new Map(), removed: [] };

type Digests = ReadonlyMap<string, string>;

/** Digests of definitions by name. */
export function judge(listed: Digests, approved: Digests): Judgement {
  const deviating = new Map<string, Deviation>();
  for (const [tool, digest] of listed) {
    const known = approved.get(tool);
    if (known !== digest) deviating.set(tool, { state: known === undefined ? 'new' : 'changed', digest });
  }
  const removed = [...approved.keys()].filter((tool) => !listed.has(tool));
  return deviating.size === 0 && removed.length === 0 ? AS_APPROVED : { deviating, removed };
}

/** Whether what a server shows is approved by being seen for the first time. */
export function trustsFirstSight(policy: PinPolicy): boolean {
  return policy === 'flag' || policy === 'hold';
}

/** Whether tools that are not approved are kept out of the catalog. */
export function holdsBack(policy: PinPolicy): boolean {
  return policy === 'hold' || policy === 'strict';
}
