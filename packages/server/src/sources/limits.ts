// The bounds of one look, at files as at a repository. What is over one of them is a problem for people to see, not a
// failure.

/** A larger file is not read. */
export const MAX_FILE_BYTES = 1024 ** 2;
/** Files of one tree; what comes after them in the order of paths is not read. */
export const MAX_FILES = 5_000;
/** Entries looked at in one tree, of whatever kind. */
export const MAX_ENTRIES = 50_000;
/** Folders inside of folders. */
export const MAX_DEPTH = 16;
