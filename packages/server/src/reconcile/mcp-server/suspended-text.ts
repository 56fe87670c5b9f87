// Why a server is suspended, and how it comes back. Pure.

import type { Suspension } from '../../resources/suspension.ts';

export function suspendedText(name: string, suspension: Suspension | undefined): string {
  const who = suspension === undefined ? 'by its declaration' : byWhom(suspension);
  return `${name} is suspended ${who}; resume it with \`tutti resume ${name}\``;
}

/** `by admin since 2026-11-20T10:00:00.000Z` */
export function byWhom({ by, sinceMs }: Suspension): string {
  return `by ${by} since ${new Date(sinceMs).toISOString()}`;
}
