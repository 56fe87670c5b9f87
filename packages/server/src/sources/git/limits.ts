// The bounds of a git source.

/** A first clone, which brings everything. */
export const CLONE_TIMEOUT_MS = 10 * 60_000;
/** A fetch of what is new. */
export const FETCH_TIMEOUT_MS = 2 * 60_000;
/** The first fetch of a run, when there is something to start with: servers should not wait for a slow network. */
export const FIRST_FETCH_TIMEOUT_MS = 10_000;
/** Commands that ask only what is on this disk. */
export const LOCAL_TIMEOUT_MS = 60_000;
/** The start of Tutti waits so long for the first look at a repository, then goes on without it. */
export const FIRST_LOOK_MS = 30_000;
/** After git has ended its output is read for so long. */
export const DRAIN_MS = 1_000;
/** What git may say on stdout and on stderr. */
export const MAX_OUTPUT_BYTES = 16 * 1024 ** 2;
/** All declarations of one commit. */
export const MAX_TREE_BYTES = 32 * 1024 ** 2;
/** Characters of a failure that are shown. */
export const MAX_REASON_CHARS = 500;
/** Characters of the first line of a commit that are shown. */
export const MAX_SUBJECT_CHARS = 200;
/** After a failure it is tried again so soon, then later and later, but at least as often as without failures. */
export const FIRST_RETRY_MS = 5_000;
/** The share of an interval by which chance shortens or lengthens it, so that many don't ask at once. */
export const JITTER = 0.1;
