// Names of servers: DNS-1123 labels, so that they fit a path, a log file and a Kubernetes object alike.

import { z } from 'zod';

export const MAX_NAME_LENGTH = 63;
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** Names that routes of the endpoint have taken. */
export const RESERVED_NAMES: readonly string[] = ['sets', 'tutti'];

export const serverName = z
  .string()
  .max(MAX_NAME_LENGTH, `too long; a name has at most ${MAX_NAME_LENGTH} characters`)
  .regex(
    LABEL,
    'not a valid name; use lower-case letters, digits and `-`, with a letter or digit at both ends',
  )
  .refine((name) => !RESERVED_NAMES.includes(name), 'reserved by Tutti; choose another name');

/**
 * The one rule by which names of foreign formats become ours: lower case, every other character becomes `-`, runs of
 * `-` become one, none at the ends, at most 63 characters. Undefined when nothing is left.
 */
export function toServerName(foreign: string): string | undefined {
  const name = foreign
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/-$/, '');
  return name === '' ? undefined : name;
}
