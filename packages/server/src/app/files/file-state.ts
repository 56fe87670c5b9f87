// A file as it is at one moment: its content, the hash of that, and what tells whether it is the same file still.

import { hash } from 'node:crypto';
import { constants, lstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { AppError } from '../../kernel/errors.ts';
import { errorCode } from './error-code.ts';

export interface FileState {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly mode: number;
  readonly stamp: string;
}

export function sha256Of(bytes: Uint8Array): string {
  return hash('sha256', bytes);
}

/** Undefined: there is nothing. Links are not followed, and nothing but a regular file is read. */
export async function readState(
  full: string,
  shown: string,
  maxBytes: number,
): Promise<FileState | undefined> {
  try {
    // A pipe without a writer would never open.
    await using file = await open(full, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile()) throw new AppError('invalid_params', `${shown} is no file; name a file.`);
    if (stats.size > BigInt(maxBytes)) throw tooLarge(shown, Number(stats.size), maxBytes);
    const bytes = Buffer.alloc(Number(stats.size));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    const content = bytes.subarray(0, bytesRead);
    return {
      bytes: content,
      sha256: sha256Of(content),
      mode: Number(stats.mode & 0o777n),
      stamp: stampOf(stats),
    };
  } catch (error) {
    switch (errorCode(error)) {
      case 'ENOENT':
      case 'ENOTDIR':
        return undefined;
      case 'ELOOP':
        throw new AppError('refused', `${shown} became a link while it was opened; try again.`, {
          cause: error,
        });
      case 'EACCES':
      case 'EPERM':
        throw new AppError('refused', `Tutti may not read ${shown}; have its permissions mended.`, {
          cause: error,
        });
      default:
        throw error;
    }
  }
}

/** Whether there is something else now than was read; at once. */
export function hasChanged(full: string, state: FileState | undefined): boolean {
  const now = lstatSync(full, { bigint: true, throwIfNoEntry: false });
  return now === undefined ? state !== undefined : stampOf(now) !== state?.stamp;
}

export function tooLarge(shown: string, size: number, maxBytes: number): AppError {
  return new AppError(
    'too_large',
    `${shown} has ${size} bytes, and one call takes at most ${maxBytes} (maxFileSize in coordination.files of the Gateway).`,
  );
}

interface Stamped {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: Stamped): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}
