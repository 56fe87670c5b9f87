// The filesystem agent: reads, writes, lists, makes and deletes files inside one root.

import { lstat, opendir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ExecutorError, type Executor } from '../../worker/executor.ts';
import { withDefaults, type GivenLimits } from '../given-limits.ts';
import { createOperations, operation } from '../operations.ts';
import { fileError, openRoot, type Root } from './root.ts';

export interface FilesystemLimits {
  /** Bytes that one file-read answers. */
  readonly maxReadBytes: number;
  /** Bytes that one file-write takes. */
  readonly maxWriteBytes: number;
  /** Entries that one file-list answers. */
  readonly maxEntries: number;
}

export const FILESYSTEM_LIMITS: FilesystemLimits = {
  maxReadBytes: 512 * 1024,
  maxWriteBytes: 1024 ** 2,
  maxEntries: 5_000,
};

export interface FilesystemOptions {
  /** The folder that it works in. */
  readonly root: string;
  readonly limits?: GivenLimits<FilesystemLimits> | undefined;
}

const PathSchema = z.string().min(1).max(4_096);
const EncodingSchema = z.enum(['utf8', 'base64']).default('utf8');

const ReadSchema = z.strictObject({
  path: PathSchema,
  encoding: EncodingSchema,
  /** Bytes from the beginning. */
  offset: z.int().min(0).default(0),
  length: z.int().min(1).optional(),
});
const WriteSchema = z.strictObject({
  path: PathSchema,
  content: z.string(),
  encoding: EncodingSchema,
  /** `create` refuses to replace a file. */
  mode: z.enum(['overwrite', 'create']).default('overwrite'),
  createDirectories: z.boolean().default(false),
});
const ListSchema = z.strictObject({
  path: PathSchema.default('.'),
  recursive: z.boolean().default(false),
  limit: z.int().min(1).optional(),
});
const CreateDirectorySchema = z.strictObject({ path: PathSchema });
const DeleteSchema = z.strictObject({
  path: PathSchema,
  /** Needed for a folder with something in it. */
  recursive: z.boolean().default(false),
  /** No error when there is nothing. */
  missingOk: z.boolean().default(false),
});

export async function createFilesystemExecutor(options: FilesystemOptions): Promise<Executor> {
  const limits = withDefaults(FILESYSTEM_LIMITS, options.limits);
  const root = await openRoot(options.root);
  return createOperations(
    {
      'file-read': operation(ReadSchema, (payload) => readFile(root, limits, payload)),
      'file-write': operation(WriteSchema, (payload) => writeFile(root, limits, payload)),
      'file-list': operation(ListSchema, (payload, _task, signal) =>
        listFiles(root, limits, payload, signal),
      ),
      'directory-create': operation(CreateDirectorySchema, async ({ path }) => {
        const created = await root.makeFolder(path);
        return { path: root.shown(await root.existing(path)), created };
      }),
      'file-delete': operation(DeleteSchema, (payload) => deleteFile(root, payload)),
    },
    ['filesystem'],
  );
}

async function readFile(
  root: Root,
  { maxReadBytes }: FilesystemLimits,
  { path, encoding, offset, length }: z.output<typeof ReadSchema>,
) {
  const { handle, stats } = await root.openFile(path);
  try {
    const wanted = Math.max(0, Math.min(length ?? stats.size - offset, stats.size - offset));
    if (wanted > maxReadBytes)
      throw new ExecutorError(
        'limit_bytes',
        `${path} has ${wanted} bytes to read, and one answer has at most ${maxReadBytes}. Read it in parts with offset and length.`,
      );
    const buffer = Buffer.alloc(wanted);
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await handle.read(buffer, filled, wanted - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return {
      path,
      size: stats.size,
      modified: stats.mtime.toISOString(),
      encoding,
      offset,
      bytes: filled,
      content: buffer.subarray(0, filled).toString(encoding),
    };
  } finally {
    await handle.close();
  }
}

async function writeFile(
  root: Root,
  { maxWriteBytes }: FilesystemLimits,
  { path, content, encoding, mode, createDirectories }: z.output<typeof WriteSchema>,
) {
  if (encoding === 'base64' && !/^[A-Za-z0-9+/]*={0,2}$/.test(content))
    throw new ExecutorError('invalid_payload', 'payload.content is no base64.');
  const bytes = Buffer.from(content, encoding);
  if (bytes.length > maxWriteBytes)
    throw new ExecutorError(
      'limit_bytes',
      `The content has ${bytes.length} bytes, and one file-write takes at most ${maxWriteBytes}.`,
    );
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  if (createDirectories && folder !== '') await root.makeFolder(folder);
  await root.replaceFile(path, (handle) => handle.writeFile(bytes), { onlyNew: mode === 'create' });
  return { path, size: bytes.length };
}

interface ListedFile {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link' | 'other';
  readonly size: number;
  readonly modified: string;
}

/** In the order of their names, folder by folder. */
async function listFiles(
  root: Root,
  { maxEntries }: FilesystemLimits,
  { path, recursive, limit }: z.output<typeof ListSchema>,
  signal: AbortSignal,
) {
  const most = Math.min(limit ?? maxEntries, maxEntries);
  const entries: ListedFile[] = [];
  const folders = [await root.existing(path)];
  let truncated = false;
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    signal.throwIfAborted();
    const { names, more } = await namesIn(folder, root.shown(folder), most - entries.length);
    for (const name of names) {
      const full = join(folder, name);
      const found = await lstat(full).catch(() => undefined);
      // It went away in between.
      if (found === undefined) continue;
      const type = found.isFile()
        ? 'file'
        : found.isDirectory()
          ? 'directory'
          : found.isSymbolicLink()
            ? 'link'
            : 'other';
      entries.push({ path: root.shown(full), type, size: found.size, modified: found.mtime.toISOString() });
      if (recursive && type === 'directory') folders.push(full);
    }
    if (more || (entries.length >= most && folders.length > 0)) {
      truncated = true;
      break;
    }
  }
  return { path, entries, truncated };
}

/** Reads no more of a folder than is answered. */
async function namesIn(
  folder: string,
  shown: string,
  most: number,
): Promise<{ readonly names: readonly string[]; readonly more: boolean }> {
  const names: string[] = [];
  const opened = await opendir(folder).catch((error: unknown) => {
    throw fileError(error, shown);
  });
  for await (const { name } of opened) {
    if (names.length >= most) return { names: names.sort(), more: true };
    names.push(name);
  }
  return { names: names.sort(), more: false };
}

async function deleteFile(root: Root, { path, recursive, missingOk }: z.output<typeof DeleteSchema>) {
  try {
    const real = await root.entry(path);
    const found = await lstat(real);
    // A link is deleted, not what it points to.
    if (!found.isDirectory()) await unlink(real);
    else if (recursive) await rm(real, { recursive: true });
    else await rmdir(real);
    return { path, deleted: true };
  } catch (error) {
    const told = fileError(error, path);
    if (missingOk && told instanceof ExecutorError && told.code === 'not_found')
      return { path, deleted: false };
    throw told;
  }
}
