// Which files a caller means: the space, and the paths in it with links followed.

import { AppError } from '../../kernel/errors.ts';
import { normalisePath } from './paths.ts';
import { createPattern, isSame, type Pattern } from './patterns.ts';
import type { FileSpace, FileSpaces } from './ports.ts';

export interface Places {
  readonly space: FileSpace;
  /** One for each path. */
  readonly patterns: readonly Pattern[];
}

/** Throws an AppError for what is no place: a space that there is not, a path that leads out of it. */
export async function findPlaces(
  files: FileSpaces,
  named: string | undefined,
  paths: readonly string[],
): Promise<Places> {
  const space = findSpace(files, named, paths);
  const patterns: Pattern[] = [];
  for (const path of paths)
    patterns.push(createPattern(await files.follow(space, normalisePath(path, space.root))));
  return { space, patterns };
}

/** Without what stands there twice. */
export function distinct(patterns: readonly Pattern[]): readonly Pattern[] {
  return patterns.filter((one, index) => patterns.findIndex((other) => isSame(one, other)) === index);
}

/** A space that is not named is the one that an absolute path is in, or else the first. */
function findSpace(files: FileSpaces, named: string | undefined, paths: readonly string[]): FileSpace {
  const all = files.list();
  const [first] = all;
  if (first === undefined) throw new Error('there is no space at all');
  if (named === undefined) {
    const absolute = paths.find((path) => path.startsWith('/'));
    return (absolute === undefined ? undefined : all.find(({ root }) => isBelow(absolute, root))) ?? first;
  }
  const found = all.find(({ name }) => name === named);
  if (found !== undefined) return found;
  throw new AppError(
    'invalid_params',
    `There is no space ${named}; there ${all.length === 1 ? 'is' : 'are'} ${all.map(({ name }) => name).join(', ')}. Spaces are the roots in coordination.files of the Gateway.`,
    { details: { kind: 'unknown_space' } },
  );
}

function isBelow(path: string, root: string | undefined): boolean {
  return root !== undefined && `${path}/`.startsWith(root.endsWith('/') ? root : `${root}/`);
}
