// What a client of one era cannot get from a server of the other, whoever stands between them, and why.
// `npm run conformance` fails on any other failure of a cross pairing, and on an entry here that has become untrue.

import type { Revision } from './suite.ts';

export interface Inexpressible {
  readonly scenario: string;
  /** The check; without it every check of the scenario that fails. */
  readonly check?: string;
  readonly reason: string;
}

/** By the revision of the suite; the server is of the other era. */
export const crossPairings: Readonly<Record<Revision, readonly Inexpressible[]>> = {
  '2026-07-28': [],
  '2025-11-25': [],
};

/** Failures that no entry explains, and entries that explain nothing. */
export function judgeCrossPairing(
  entries: readonly Inexpressible[],
  failed: readonly { readonly scenario: string; readonly check: string; readonly message: string }[],
): { readonly unexplained: readonly string[]; readonly stale: readonly string[] } {
  const explains = (entry: Inexpressible, failure: { scenario: string; check: string }): boolean =>
    entry.scenario === failure.scenario && (entry.check === undefined || entry.check === failure.check);
  return {
    unexplained: failed
      .filter((failure) => !entries.some((entry) => explains(entry, failure)))
      .map(({ scenario, check, message }) => `${scenario}: ${check}: ${message}`),
    stale: entries
      .filter((entry) => !failed.some((failure) => explains(entry, failure)))
      .map(({ scenario, check }) => `${scenario}${check === undefined ? '' : `: ${check}`}: nothing fails`),
  };
}
