// Digests that tell whether two specs are the same: the order of members does not matter.

import { createHash } from 'node:crypto';
import type { McpServerSpec } from '@tutti/schemas';

/** Of all that a spec says, as declared. */
export function specDigest(spec: McpServerSpec): string {
  return digestOf(spec);
}

/** SHA-256 of a JSON value in its canonical form. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
