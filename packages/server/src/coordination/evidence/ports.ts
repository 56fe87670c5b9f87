// What evidence is checked against: files, repositories and tests of the machine. Answers are facts, never judgements;
// what can't be found out is said as such, and is no proof.

export type Unknown = {
  readonly kind: 'unknown';
  readonly why: string;
  readonly next: string;
};

export type FileFact =
  | { readonly kind: 'hash'; readonly sha256: string }
  | { readonly kind: 'absent' }
  | Unknown;

export type CommitFact =
  | { readonly kind: 'reachable' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'absent'; readonly what: 'commit' | 'ref' | 'repository' }
  | Unknown;

export type RunFact =
  | { readonly kind: 'ended'; readonly exitCode: number; readonly how: string }
  | { readonly kind: 'timed_out'; readonly timeoutMs: number }
  | Unknown;

/** A place inside of a declared root. */
export interface Place {
  readonly root: string;
  readonly path: string;
}

export interface Witnesses {
  readonly hashFile: (place: Place, signal: AbortSignal) => Promise<FileFact>;
  readonly findCommit: (
    place: Place & { readonly commit: string; readonly ref: string },
    signal: AbortSignal,
  ) => Promise<CommitFact>;
  /** Runs tests by the name that the configuration gives them. */
  readonly runTests: (command: string, signal: AbortSignal) => Promise<RunFact>;
}
