// The names of what the gateway holds: not to be guessed, and without a quote, by which they differ from the id of a server's
// own task. They say when they were given out, so that one of an earlier run is known for what it is.

import { randomBytes } from 'node:crypto';

export function newHeldId(nowMs: number): string {
  return `${randomBytes(12).toString('base64url')}.${Math.floor(nowMs).toString(36)}`;
}

/** When it was given out; undefined for a name of another form. */
export function heldSinceMs(id: string): number | undefined {
  const at = id.lastIndexOf('.');
  const sinceMs = at === -1 ? Number.NaN : Number.parseInt(id.slice(at + 1), 36);
  return Number.isSafeInteger(sinceMs) ? sinceMs : undefined;
}
