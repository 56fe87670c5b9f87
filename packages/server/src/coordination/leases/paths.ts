// Paths as callers write them, made relative to the root of a space. Nothing leads out of it. Pure; links are followed
// elsewhere (ports.ts).

import { AppError } from '../../kernel/errors.ts';
import { isGlob } from './patterns.ts';

/** Neither may stand in the name of a file that is leased: a line of a log, or of a list, has to hold it. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;

/** `root`: the absolute path of the space, where it has one. `a/`: everything below. */
export function normalisePath(path: string, root: string | undefined): string {
  if (UNFIT.test(path)) throw unfit(path, 'it has control characters in it; rename the file');
  if (path.includes('\\')) throw unfit(path, 'it has a `\\` in it; separate names with `/`');
  const names: string[] = [];
  const relative = path.startsWith('/') ? belowRoot(path, root) : path;
  for (const name of relative.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') {
      names.push(name);
      continue;
    }
    const left = names.pop();
    if (left === undefined) throw outside(path, 'it has too many `..`');
    if (isGlob(left)) throw unfit(path, 'it has a `..` after a `*` or `?`; name the folder');
  }
  if (names.length === 0) return '**';
  return relative.endsWith('/') ? `${names.join('/')}/**` : names.join('/');
}

function belowRoot(path: string, root: string | undefined): string {
  if (root === undefined)
    throw outside(
      path,
      'it is absolute, and no root of files is declared; write it relative to your repository',
    );
  const base = root.endsWith('/') ? root : `${root}/`;
  if (`${path}/`.startsWith(base)) return path.slice(base.length);
  throw outside(path, `the root of the space is ${root}; write it relative to that, or name another space`);
}

export function outside(path: string, why: string): AppError {
  return new AppError('refused', `The path ${path} leads out of its space: ${why}.`, {
    details: { kind: 'outside' },
  });
}

export function unfit(path: string, why: string): AppError {
  return new AppError('invalid_params', `The path ${path} can't be leased: ${why}.`, {
    details: { kind: 'unfit_path' },
  });
}
