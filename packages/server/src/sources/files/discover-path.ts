// Where declarations are when nobody says: the first of these that stands in the folder.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';

const DEFAULT_PATHS: readonly string[] = ['tutti.yaml', 'tutti', '.mcp.json'];

/** `tutti.yaml`, else `tutti/`, else `.mcp.json`; undefined when the folder has none. One that can't be read counts as
 *  found, so that its problem is seen instead of another path being used. */
export async function discoverPath(folder: string): Promise<string | undefined> {
  for (const name of DEFAULT_PATHS) {
    const path = join(folder, name);
    const isThere = await stat(path).then(
      () => true,
      (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
    );
    if (isThere) return path;
  }
  return undefined;
}
