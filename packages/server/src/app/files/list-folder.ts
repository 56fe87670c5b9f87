// What is in a folder, bounded. Links are shown as what they are, and not followed.

import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../kernel/errors.ts';
import { errorCode } from './error-code.ts';

export interface ListedFile {
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
  readonly size: number;
}

export interface Listed {
  readonly entries: readonly ListedFile[];
  /** There is more than was asked for. */
  readonly truncated: boolean;
}

/** Folder by folder. `shown`: what the folder is called. */
export async function listFolder(
  full: string,
  shown: string,
  { recursive, limit }: { readonly recursive: boolean; readonly limit: number },
): Promise<Listed> {
  const entries: ListedFile[] = [];
  const folders = [{ full, shown }];
  for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
    const { found, more } = await entriesOf(next, limit - entries.length);
    for (const one of found) {
      const path = next.shown === '.' ? one.name : `${next.shown}/${one.name}`;
      const at = join(next.full, one.name);
      const size = one.isFile() ? ((await lstat(at).catch(() => undefined))?.size ?? 0) : 0;
      entries.push({ path, type: typeOf(one), size });
      if (recursive && one.isDirectory()) folders.push({ full: at, shown: path });
    }
    if (more || (entries.length >= limit && folders.length > 0)) return { entries, truncated: true };
  }
  return { entries, truncated: false };
}

async function entriesOf(
  { full, shown }: { readonly full: string; readonly shown: string },
  most: number,
): Promise<{ readonly found: readonly Dirent[]; readonly more: boolean }> {
  const found: Dirent[] = [];
  let more = false;
  try {
    for await (const entry of await opendir(full)) {
      more = found.length >= most;
      if (more) break;
      found.push(entry);
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') throw new AppError('not_found', `There is no folder ${shown}.`, { cause: error });
    if (code === 'ENOTDIR')
      throw new AppError('invalid_params', `${shown} is no folder; read it with file_read.`, {
        cause: error,
      });
    throw new AppError('refused', `The folder ${shown} can't be read (${code}).`, { cause: error });
  }
  const order = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : 1);
  return { found: found.toSorted(order), more };
}

function typeOf(entry: Dirent): ListedFile['type'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}
