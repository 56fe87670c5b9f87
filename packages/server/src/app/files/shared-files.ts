// Files that agents share, below the roots that the Gateway declares. Reading is free. Who writes has a lease of the file
// for itself, and has seen what it replaces: a file changes only from the content that the writer knows, by a rename that
// is made while the lease is held. Nobody sees half of a file.

import { linkSync, mkdirSync, realpathSync, renameSync, unlinkSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { AppError } from '../../kernel/errors.ts';
import type { Caller } from '../../coordination/agents/registry.ts';
import type { Leases } from '../../coordination/leases-face.ts';
import { normalisePath } from '../../coordination/leases/paths.ts';
import { isGlob } from '../../coordination/leases/patterns.ts';
import { findPlaces } from '../../coordination/leases/places.ts';
import type { FileSpaces } from '../../coordination/leases/ports.ts';
import type { FileSettings } from '@tutti/schemas';
import { applyEdits, type Edit } from './apply-edits.ts';
import { errorCode } from './error-code.ts';
import { type FileState, hasChanged, readState, sha256Of, tooLarge } from './file-state.ts';
import { followLinks, openRoot } from './follow-links.ts';
import { type Listed, listFolder } from './list-folder.ts';
import { createPathTurns } from './path-turns.ts';

export interface FileName {
  readonly space: string | undefined;
  readonly path: string;
}

export interface WriterOf {
  readonly agentId: string;
  /** Of the lease that the writer believes to have. */
  readonly fence: number | undefined;
  readonly by: Caller;
}

export interface ReadFile {
  readonly space: string;
  readonly path: string;
  readonly sha256: string;
  readonly bytes: Buffer;
}

export interface WrittenFile {
  readonly space: string;
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

export interface SharedFiles {
  read(name: FileName): Promise<ReadFile>;
  /** `sha256`: of what is there now; undefined: nothing is. */
  write(name: FileName, bytes: Buffer, sha256: string | undefined, writer: WriterOf): Promise<WrittenFile>;
  edit(
    name: FileName,
    edits: readonly Edit[],
    sha256: string | undefined,
    writer: WriterOf,
  ): Promise<WrittenFile>;
  /** Never over something. */
  move(name: FileName, to: string, writer: WriterOf): Promise<WrittenFile>;
  list(name: FileName, options: { readonly recursive: boolean; readonly limit: number }): Promise<Listed>;
}

interface Place {
  readonly space: string;
  /** Relative to the root. */
  readonly path: string;
  readonly base: string;
  readonly full: string;
  /** The nearest folder that is there. */
  readonly folder: string;
}

export interface SharedFilesDeps {
  readonly files: FileSpaces;
  readonly settings: () => FileSettings;
  readonly leases: Pick<Leases, 'write'>;
  /** So many digits of chance, for names of temporary files. */
  readonly randomName: () => string;
}

export function createSharedFiles({ files, settings, leases, randomName }: SharedFilesDeps): SharedFiles {
  const turns = createPathTurns();

  /** A root that is declared; the space without files has none. */
  function requireRoots(): void {
    if (settings().roots.length > 0) return;
    throw new AppError('not_found', 'No roots of files are declared; see coordination.files of the Gateway.');
  }

  async function place({ space: named, path }: FileName): Promise<Place> {
    requireRoots();
    const { space } = await findPlaces(files, named, [path]);
    const base = await openRoot(space.root ?? '');
    const normal = normalisePath(path, space.root);
    if (isGlob(normal) && normal !== '**')
      throw new AppError('invalid_params', `${path} has a * or ? in it, or ends in /; name one file.`);
    const followed = await followLinks(base, normal);
    const full = followed.path === '**' ? base : join(base, followed.path);
    const folder = followed.existing === full ? dirname(full) : followed.existing;
    return { space: space.name, path: followed.path, base, full, folder };
  }

  async function state(at: Place): Promise<FileState> {
    const found = await readState(at.full, at.path, settings().maxFileBytes);
    if (found !== undefined) return found;
    throw new AppError(
      'not_found',
      `There is no file ${at.path} in ${at.space}; file_list shows what there is.`,
    );
  }

  /** Puts the bytes in the place of what was read there. */
  async function replace(
    at: Place,
    before: FileState | undefined,
    bytes: Buffer,
    writer: WriterOf,
  ): Promise<WrittenFile> {
    const { maxFileBytes } = settings();
    if (bytes.length > maxFileBytes) throw tooLarge(at.path, bytes.length, maxFileBytes);
    const temporary = join(at.folder, `.tutti-${randomName()}.tmp`);
    try {
      await writeNew(temporary, bytes, before?.mode ?? 0o644);
      await leases.write(fenced(writer, at.space, [at.path]), writer.by, () => {
        prepareFolder(at);
        if (hasChanged(at.full, before)) throw changed(at.path);
        if (before === undefined) linkSync(temporary, at.full);
        else renameSync(temporary, at.full);
      });
    } catch (error) {
      throw inWords(error, at.path);
    } finally {
      // Where it could not be made there is nothing to remove.
      await rm(temporary, { force: true }).catch(() => undefined);
    }
    await syncFolder(dirname(at.full));
    return { space: at.space, path: at.path, sha256: sha256Of(bytes), size: bytes.length };
  }

  return {
    async read(name) {
      const at = await place(name);
      const { bytes, sha256 } = await state(at);
      return { space: at.space, path: at.path, sha256, bytes };
    },
    async write(name, bytes, sha256, writer) {
      const at = await place(name);
      return await turns.run([at.full], async () => {
        const before = await readState(at.full, at.path, settings().maxFileBytes);
        requireKnown(at.path, before, sha256);
        return await replace(at, before, bytes, writer);
      });
    },
    async edit(name, edits, sha256, writer) {
      const at = await place(name);
      return await turns.run([at.full], async () => {
        const before = await state(at);
        if (sha256 !== undefined) requireKnown(at.path, before, sha256);
        const text = applyEdits(textOf(before.bytes, at.path), edits, at.path);
        return await replace(at, before, Buffer.from(text), writer);
      });
    },
    async move(name, to, writer) {
      const from = await place(name);
      const target = await place({ space: from.space, path: to });
      return await turns.run([from.full, target.full], async () => {
        const before = await state(from);
        try {
          await leases.write(fenced(writer, from.space, [from.path, target.path]), writer.by, () => {
            prepareFolder(target);
            if (hasChanged(from.full, before)) throw changed(from.path);
            linkSync(from.full, target.full);
            unlinkSync(from.full);
          });
        } catch (error) {
          throw inWords(error, target.path);
        }
        await syncFolder(dirname(target.full));
        return { space: from.space, path: target.path, sha256: before.sha256, size: before.bytes.length };
      });
    },
    async list(name, options) {
      const at = await place(name);
      return await listFolder(at.full, at.path === '**' ? '.' : posix.normalize(at.path), options);
    },
  };
}

function fenced({ agentId, fence }: WriterOf, space: string, paths: readonly string[]) {
  return { space, agentId, paths, fence };
}

/** Makes what is missing of the folders, and looks whether they are where they were said to be. At once. */
function prepareFolder({ full, path }: Place): void {
  const folder = dirname(full);
  mkdirSync(folder, { recursive: true });
  if (realpathSync.native(folder) !== folder)
    throw new AppError('conflict', `A folder on the way of ${path} changed meanwhile; try again.`);
}

async function writeNew(path: string, bytes: Buffer, mode: number): Promise<void> {
  await using file = await open(path, 'wx', mode);
  await file.writeFile(bytes);
  await file.sync();
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

/** Who writes has seen what is there. */
function requireKnown(path: string, before: FileState | undefined, sha256: string | undefined): void {
  if (before?.sha256 === sha256?.toLowerCase()) return;
  if (before === undefined)
    throw new AppError('conflict', `${path} is not there any more; leave sha256 out to make it anew.`, {
      details: { kind: 'changed' },
    });
  if (sha256 === undefined)
    throw new AppError(
      'conflict',
      `${path} is there already: read it, and give its sha256 with what you write in its place.`,
      { details: { kind: 'exists', sha256: before.sha256 } },
    );
  throw changed(path);
}

function changed(path: string): AppError {
  return new AppError(
    'conflict',
    `${path} is not what you read: somebody changed it since. Read it again, and write what you want with its new sha256.`,
    { details: { kind: 'changed' } },
  );
}

export function textOf(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new AppError(
      'invalid_params',
      `${path} is no text in UTF-8; read and write it with encoding base64.`,
      {
        cause: error,
      },
    );
  }
}

function inWords(error: unknown, path: string): unknown {
  switch (errorCode(error)) {
    case 'EEXIST':
      return new AppError('conflict', `${path} is there already; choose another name.`, {
        cause: error,
        details: { kind: 'exists' },
      });
    case 'ENOTDIR':
      return new AppError('conflict', `A part of ${path} is a file; choose another name.`, { cause: error });
    case 'EISDIR':
      return new AppError('invalid_params', `${path} is a folder; name a file.`, { cause: error });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AppError('refused', `Tutti may not write ${path}; have its permissions mended.`, {
        cause: error,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('unavailable', 'The disk is full; nothing was written.', { cause: error });
    case 'ENAMETOOLONG':
      return new AppError('invalid_params', `The name of ${path} is too long for the disk.`, {
        cause: error,
      });
    default:
      return error;
  }
}
