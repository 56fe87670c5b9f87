// Protocol revisions and the two eras they form. Legacy: a handshake, then a conversation. Modern: every request
// carries its own envelope in `_meta`.

import type { Era } from '../../snapshot/types.ts';

export const MODERN_REVISION = '2026-07-28';

/** Newest first. */
export const LEGACY_REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

export const LATEST_LEGACY_REVISION = LEGACY_REVISIONS[0];

/** The only revision whose clients may send batches. */
export const BATCH_REVISION = '2025-03-26';

const legacy: ReadonlySet<string> = new Set(LEGACY_REVISIONS);

export function eraOf(revision: string): Era | undefined {
  if (revision === MODERN_REVISION) return 'modern';
  return legacy.has(revision) ? 'legacy' : undefined;
}

/** What a legacy server answers to `initialize`: the asked revision if known, else the latest it has. */
export function negotiateLegacy(requested: string): string {
  return legacy.has(requested) ? requested : LATEST_LEGACY_REVISION;
}
