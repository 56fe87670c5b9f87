// What leases need to know of files: which spaces there are, and where links lead. A space may have no files here: its
// paths are names then.

/** Where no roots of files are declared. */
export const DEFAULT_SPACE = 'default';

export interface FileSpace {
  readonly name: string;
  /** Absolute; undefined: nowhere on this machine. */
  readonly root: string | undefined;
}

export interface FileSpaces {
  /** As they are declared now; the first one is meant where none is named. */
  list(): readonly FileSpace[];
  /** The same path, or glob, with the links on its way followed; both relative to the root. Throws an AppError where one of
   *  them leads out of it. */
  follow(space: FileSpace, path: string): Promise<string>;
}

export const NO_FILES: FileSpaces = {
  list: () => [{ name: DEFAULT_SPACE, root: undefined }],
  follow: (_space, path) => Promise.resolve(path),
};
