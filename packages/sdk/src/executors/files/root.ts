// A folder that nothing leads out of: paths are relative, `..` is refused, and links are followed only as far as they stay
// inside. What is opened is compared with what was checked, so that a link that is put there in between gains nothing.

import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, realpath, rename, rm, link } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { randomUUID } from 'node:crypto';
import { ExecutorError } from '../../worker/executor.ts';

export interface Root {
  /** Its real path. */
  readonly path: string;
  /** The real path of something that is there. */
  existing(path: string): Promise<string>;
  /** The real path of something whose folder is there; it may be there itself. A link is not followed. */
  entry(path: string): Promise<string>;
  /** Opens a regular file for reading. */
  openFile(path: string): Promise<{ readonly handle: FileHandle; readonly stats: Stats }>;
  /** Makes a folder and those above it; false when it was there. */
  makeFolder(path: string): Promise<boolean>;
  /** Gives `fill` a new file, and puts it in place when that went well; nobody sees half of it. */
  replaceFile<T>(
    path: string,
    fill: (handle: FileHandle) => Promise<T>,
    options?: { readonly onlyNew?: boolean },
  ): Promise<T>;
  /** The path as the caller knows it. */
  shown(real: string): string;
}

export async function openRoot(folder: string): Promise<Root> {
  const root = await realpath(folder).catch((error: unknown) => {
    throw new ExecutorError(
      'not_found',
      `The root ${folder} can't be opened. Make the folder, or name another root.`,
      {
        cause: error,
      },
    );
  });

  const inside = (real: string): boolean =>
    real === root || real.startsWith(root === sep ? root : `${root}${sep}`);
  const shown = (real: string): string => relative(root, real).split(sep).join('/') || '.';

  async function realOf(joined: string, path: string): Promise<string> {
    const real = await realpath(joined).catch((error: unknown) => {
      throw fileError(error, path);
    });
    if (!inside(real)) throw outside(path, 'it is a link to somewhere else');
    return real;
  }

  const existing = (path: string): Promise<string> => realOf(join(root, checkedPath(path)), path);

  async function entry(path: string): Promise<string> {
    const joined = join(root, checkedPath(path));
    if (joined === root)
      throw new ExecutorError('invalid_payload', 'This is the root itself: name something in it.');
    return join(await realOf(dirname(joined), path), basename(joined));
  }

  async function makeFolder(path: string): Promise<boolean> {
    let at = root;
    let made = false;
    for (const part of checkedPath(path).split('/')) {
      const next = join(at, part);
      made = await mkdir(next).then(
        () => true,
        (error: unknown) => {
          if (codeOf(error) === 'EEXIST') return false;
          throw fileError(error, path);
        },
      );
      at = await realOf(next, path);
      if (!(await lstat(at)).isDirectory())
        throw new ExecutorError('exists', `${shown(at)} is there and is no folder. Choose another name.`);
    }
    return made;
  }

  return {
    path: root,
    existing,
    entry,
    makeFolder,
    shown,
    async openFile(path) {
      const real = await existing(path);
      const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
        (error: unknown) => {
          throw fileError(error, path);
        },
      );
      try {
        const stats = await handle.stat();
        if (!stats.isFile()) throw new ExecutorError('unsupported', `${path} is no file.`);
        const now = await lstat(await existing(path));
        if (now.ino !== stats.ino || now.dev !== stats.dev)
          throw outside(path, 'it changed while it was opened');
        return { handle, stats };
      } catch (error) {
        await handle.close();
        throw error;
      }
    },
    async replaceFile(path, fill, { onlyNew = false } = {}) {
      let target = await entry(path);
      const found = await lstat(target).catch(() => undefined);
      if (found?.isDirectory() === true)
        throw new ExecutorError('exists', `${path} is a folder. Choose another name.`);
      if (found !== undefined && onlyNew) throw alreadyThere(path);
      // What a link inside the root points to is written, not the link.
      if (found?.isSymbolicLink() === true) target = await existing(path);
      const temporary = join(dirname(target), `.${basename(target).slice(0, 100)}.${randomUUID()}.tmp`);
      try {
        const handle = await open(temporary, 'wx', found?.mode ?? 0o644);
        let value;
        try {
          value = await fill(handle);
          await handle.sync();
        } finally {
          await handle.close();
        }
        if ((await realOf(dirname(target), path)) !== dirname(target))
          throw outside(path, 'its folder changed while it was written');
        if (onlyNew) await link(temporary, target);
        else await rename(temporary, target);
        return value;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') throw alreadyThere(path);
        throw fileError(error, path);
      } finally {
        await rm(temporary, { force: true });
      }
    },
  };
}

/** A relative path without steps outwards, `/` between its parts. */
function checkedPath(path: string): string {
  if (path.includes('\0')) throw new ExecutorError('invalid_payload', 'A path has no zero byte in it.');
  if (isAbsolute(path) || /^[a-z]:|^\\/i.test(path))
    throw outside(path, 'it is absolute; write it relative to the root');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw outside(path, 'it has ".." in it');
  return parts.length === 0 ? '.' : parts.join('/');
}

function outside(path: string, why: string): ExecutorError {
  return new ExecutorError('outside_root', `${path} leads out of the root of this agent: ${why}.`);
}

function alreadyThere(path: string): ExecutorError {
  return new ExecutorError('exists', `${path} is there already and was not changed. Choose another name.`);
}

/** A failure of the file system in words; others stay as they are. */
export function fileError(error: unknown, path: string): unknown {
  switch (codeOf(error)) {
    case 'ENOENT':
      return new ExecutorError('not_found', `There is no ${path}.`, { cause: error });
    case 'ENOTDIR':
      return new ExecutorError('not_found', `A part of ${path} is no folder.`, { cause: error });
    case 'ENOTEMPTY':
      return new ExecutorError(
        'exists',
        `The folder ${path} is not empty. Set recursive to delete what is in it.`,
      );
    case 'EISDIR':
      return new ExecutorError('unsupported', `${path} is a folder.`, { cause: error });
    case 'ELOOP':
      return outside(path, 'it is a link that is not followed');
    case 'ENAMETOOLONG':
      return new ExecutorError('invalid_payload', `The name ${path.slice(0, 100)}… is too long.`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ExecutorError('unauthorized', `This agent's user may not use ${path}.`, { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return new ExecutorError('unavailable', 'The disk is full.', { cause: error, retryable: true });
    default:
      return error;
  }
}

export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
