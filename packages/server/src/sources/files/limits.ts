// The times of a file source.

/** A change is applied once the files were quiet for this long … */
export const QUIET_MS = 150;
/** … or this long after the first change, however busy they are. */
export const MAX_WAIT_MS = 500;
