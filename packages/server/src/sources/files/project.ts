// Where declarations are when nobody names a file. A folder with `tutti.yaml` or `tutti/` is a project: it is read as
// these two, and whatever else stands in it is none of Tutti's business.

import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PROJECT_NAMES } from '../seen.ts';

/** Shared with other programs: read where there is nothing of our own. */
const FOREIGN_NAME = '.mcp.json';

export function isProject(folder: string): boolean {
  return PROJECT_NAMES.some((name) => isThere(join(folder, name)));
}

/** The path to read in a folder when none is given; undefined when there is nothing. */
export function discoverPath(folder: string): string | undefined {
  if (isProject(folder)) return folder;
  const foreign = join(folder, FOREIGN_NAME);
  return isThere(foreign) ? foreign : undefined;
}

/** What all paths to one configuration have in common: the folder, for a path that is the default of a folder. */
export function configurationOf(path: string): string {
  const full = resolve(path);
  const isDefault = [...PROJECT_NAMES, FOREIGN_NAME].includes(basename(full)) && !isProject(full);
  return isDefault ? dirname(full) : full;
}

/** What can't be looked at counts as there, so that its problem is seen instead of something else being used. */
function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}
