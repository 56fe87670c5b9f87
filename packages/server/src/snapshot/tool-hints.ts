// What a tool says of its effects (the annotations of MCP). They are hints: a server may lie.

import { objectMembers } from '@tutti/wire';
import type { JsonBytes } from './types.ts';

const ANNOTATIONS: ReadonlySet<string> = new Set(['annotations']);
const HINTS: ReadonlySet<string> = new Set(['readOnlyHint', 'destructiveHint']);
const OPEN_BRACE = 0x7b;
const T = 0x74;
const F = 0x66;

/** Whether it may destroy something: so may a tool that does not say that it doesn't. */
export function isDestructive(bytes: JsonBytes): boolean {
  const at = objectMembers(bytes, { start: 0, end: bytes.length }, ANNOTATIONS).get('annotations');
  if (at === undefined || bytes[at.start] !== OPEN_BRACE) return true;
  const hints = objectMembers(bytes, at, HINTS);
  const first = (name: string): number | undefined => {
    const hint = hints.get(name);
    return hint === undefined ? undefined : bytes[hint.start];
  };
  return first('readOnlyHint') !== T && first('destructiveHint') !== F;
}
