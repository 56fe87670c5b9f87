// What a client of one era does not get from a server of the other, declared as servers are by default, and why.
// `npm run conformance` fails on any other failure of a cross pairing, and on an entry here that has become untrue.

import type { Revision } from './suite.ts';

export interface Inexpressible {
  readonly scenario: string;
  readonly check: string;
  /** What the suite says then; another message is another failure. */
  readonly message: RegExp;
  readonly reason: string;
}

export interface FailedCheck {
  readonly scenario: string;
  readonly check: string;
  readonly message: string;
}

const NO_CAPABILITY_ERROR =
  'The old era has no error for a capability that the client lacks: the server is told that nobody can answer, and ' +
  'its tool ends as it likes.';

const NO_ROOTS =
  'Roots belong to one client, so an instance that clients share does not declare them to an old server; they exist only ' +
  'on an instance of its own.';

/** By the revision of the suite; the server is of the other era. */
export const crossPairings: Readonly<Record<Revision, readonly Inexpressible[]>> = {
  '2026-07-28': [
    {
      scenario: 'input-required-result-basic-elicitation',
      check: 'sep-2322-elicitation-incomplete',
      message: /missing expected key "user_name"|got a complete result/,
      reason:
        'The keys of what is asked are names that a modern server gives; a reverse request of the old era has none. On a ' +
        'pipe, where an earlier scenario has left a call waiting for an answer, the ask cannot be attributed: the first ' +
        'one is refused, and clients get instances of their own from then on.',
    },
    {
      scenario: 'input-required-result-basic-list-roots',
      check: 'sep-2322-list-roots-incomplete',
      message: /^Expected InputRequiredResult with roots/,
      reason: NO_ROOTS,
    },
    {
      scenario: 'input-required-result-multiple-input-requests',
      check: 'sep-2322-multiple-inputs-incomplete',
      message: /at least 3 inputRequests, got [12];|^Expected InputRequiredResult$/,
      reason: `An old server asks by requests of their own, and nothing says that another will follow. ${NO_ROOTS}`,
    },
    {
      scenario: 'server-stateless',
      check: 'sep-2575-server-rejects-undeclared-capability',
      message: /executed 'test_missing_capability'/,
      reason: NO_CAPABILITY_ERROR,
    },
    {
      scenario: 'server-stateless',
      check: 'sep-2575-missing-capability-http-400',
      message: /^Not testable: server did not return MissingRequiredClientCapabilityError/,
      reason: NO_CAPABILITY_ERROR,
    },
    {
      scenario: 'tasks-mrtr-composition',
      check: 'sep-2663-mrtr-synchronous-before-task-creation',
      message: /^round 1 MUST be InputRequiredResult; got \{"resultType":"task"/,
      reason:
        'In the old era a call is a task from its beginning and asks while it runs; it cannot ask first.',
    },
  ],
  '2025-11-25': [],
};

/** Failures that no entry explains, and entries that explain nothing. */
export function judgeCrossPairing<Failure extends FailedCheck>(
  entries: readonly Inexpressible[],
  failed: readonly Failure[],
): { readonly unexplained: readonly Failure[]; readonly stale: readonly Inexpressible[] } {
  const explains = (entry: Inexpressible, { scenario, check, message }: FailedCheck): boolean =>
    entry.scenario === scenario && entry.check === check && entry.message.test(message);
  return {
    unexplained: failed.filter((failure) => !entries.some((entry) => explains(entry, failure))),
    stale: entries.filter((entry) => !failed.some((failure) => explains(entry, failure))),
  };
}
