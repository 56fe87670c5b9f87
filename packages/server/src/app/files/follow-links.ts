// Where the links on the way of a path lead. What is not there yet is below the last thing that is; a glob begins where its
// first `*` or `?` stands.

import { lstat, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { outside, unfit } from '../../coordination/leases/paths.ts';
import { isGlob } from '../../coordination/leases/patterns.ts';
import { AppError } from '../../kernel/errors.ts';
import { errorCode } from './error-code.ts';

export interface Followed {
  /** Relative to the root, with `/`. */
  readonly path: string;
  /** The last folder, or file, on its way that is there: its real, absolute path. */
  readonly existing: string;
}

/** The real path of a root; throws an AppError where it can't be opened. */
export async function openRoot(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (error) {
    throw new AppError(
      'unavailable',
      `The root of files ${root} can't be opened (${errorCode(error)}); make the folder, or declare another one in coordination.files of the Gateway.`,
      { cause: error },
    );
  }
}

/** `base` is a real path; `path` is relative, without `..`. */
export async function followLinks(base: string, path: string): Promise<Followed> {
  const names = path === '**' ? [path] : path.split('/');
  const wild = names.findIndex(isGlob);
  const plain = wild === -1 ? names : names.slice(0, wild);
  for (let count = plain.length; count >= 0; count--) {
    const real = await realOf(join(base, ...plain.slice(0, count)), path);
    if (real === undefined) continue;
    if (!isInside(base, real)) throw outside(path, 'a link on its way leads to somewhere else');
    const found = relative(base, real)
      .split(sep)
      .filter((name) => name !== '');
    const followed = [...found, ...names.slice(count)];
    return { path: followed.length === 0 ? '**' : followed.join('/'), existing: real };
  }
  throw new AppError('unavailable', `The root of files ${base} is gone; make the folder again.`);
}

/** Undefined: there is nothing. */
async function realOf(full: string, path: string): Promise<string | undefined> {
  try {
    return await realpath(full);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') {
      // A link to what is not there: a write would make it, wherever that is.
      if ((await lstat(full).catch(() => undefined))?.isSymbolicLink() === true)
        throw unfit(path, 'a link on its way leads to nothing; mend or remove the link');
      return undefined;
    }
    if (code === 'ENOTDIR') return undefined;
    throw unfit(path, `it can't be followed (${code})`);
  }
}

export function isInside(base: string, real: string): boolean {
  const way = relative(base, real);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
