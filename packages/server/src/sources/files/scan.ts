// One look at a path: the files that may declare something, with their text, and what could not be read. Never throws
// for what it finds on disk.

import { open, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { Problem } from '../../resources/problem.ts';
import { decodeText, EXTENSIONS, NOT_UTF8 } from '../../resources/read-text.ts';
import { MAX_DEPTH, MAX_ENTRIES, MAX_FILE_BYTES, MAX_FILES } from '../limits.ts';
import { isIgnoredName, problemAt, PROJECT_NAMES, type Scan, type SeenFile } from '../seen.ts';

/** A file, or a folder with everything in it. */
export async function scan(root: string): Promise<Scan> {
  const found = await kindOf(root);
  if (found.kind === 'failed') return nothingAt(root, found.message);
  if (found.kind === 'file') return { leftOut: [], ...(await readAll([root], false)) };
  const tree = await walk(root);
  const read = await readAll(tree.files, true);
  const unreadable = new Map([...tree.unreadable, ...read.unreadable]);
  return { files: read.files, unreadable, leftOut: tree.leftOut };
}

/** A folder that is a project. */
export async function scanProject(folder: string): Promise<Scan> {
  const listed = await list(folder);
  if (listed.kind === 'failed') return nothingAt(folder, listed.message);
  const present = PROJECT_NAMES.filter((name) => listed.entries.some((entry) => entry.name === name));
  if (present.length === 0)
    return nothingAt(folder, 'tutti.yaml and tutti/ are gone; put one of them back, or stop Tutti');
  const scans = await Promise.all(present.map((name) => scan(join(folder, name))));
  return {
    files: new Map(scans.flatMap(({ files }) => [...files])),
    unreadable: new Map(scans.flatMap(({ unreadable }) => [...unreadable])),
    leftOut: scans.flatMap(({ leftOut }) => leftOut),
  };
}

function nothingAt(path: string, message: string): Scan {
  return { files: new Map(), unreadable: new Map([[path, problemAt(path, message)]]), leftOut: [] };
}

interface Tree {
  readonly files: readonly string[];
  readonly unreadable: ReadonlyMap<string, Problem>;
  readonly leftOut: readonly Problem[];
}

async function walk(root: string): Promise<Tree> {
  const realRoot = await realpath(root);
  const unreadable = new Map<string, Problem>();
  const leftOut: Problem[] = [];
  const files: string[] = [];
  const folders = [{ path: root, depth: 0 }];
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined && entries <= MAX_ENTRIES; folder = folders.pop()) {
    const { path: folderPath, depth } = folder;
    const listed = await list(folderPath);
    if (listed.kind === 'failed') unreadable.set(folderPath, problemAt(folderPath, listed.message));
    else {
      for (const entry of listed.entries) {
        if (isIgnoredName(entry.name, depth === 0)) continue;
        if (++entries > MAX_ENTRIES) break;
        const path = join(folderPath, entry.name);
        if (entry.isDirectory()) {
          if (depth < MAX_DEPTH) folders.push({ path, depth: depth + 1 });
          else leftOut.push(problemAt(path, `more than ${MAX_DEPTH} folders deep; not read`, 'warning'));
        } else if (EXTENSIONS.includes(extname(entry.name).toLowerCase())) {
          if (entry.isFile() || (entry.isSymbolicLink() && (await leadsInside(path, realRoot))))
            files.push(path);
          else
            leftOut.push(
              problemAt(path, 'neither a file nor a link to a file of this folder; not read', 'warning'),
            );
        }
      }
    }
  }
  if (entries > MAX_ENTRIES)
    leftOut.push(
      problemAt(root, `more than ${MAX_ENTRIES} entries; name the folder that holds the declarations`),
    );
  files.sort();
  if (files.length > MAX_FILES)
    leftOut.push(
      problemAt(root, `more than ${MAX_FILES} files; those after ${files[MAX_FILES - 1]} are not read`),
    );
  return { files: files.slice(0, MAX_FILES), unreadable, leftOut };
}

async function readAll(
  paths: readonly string[],
  inFolder: boolean,
): Promise<Pick<Scan, 'files' | 'unreadable'>> {
  const files = new Map<string, SeenFile>();
  const unreadable = new Map<string, Problem>();
  for (const path of paths) {
    const read = await readText(path);
    if (read.kind === 'text') files.set(path, { text: read.text, inFolder });
    else if (read.kind === 'failed') unreadable.set(path, problemAt(path, read.message));
  }
  return { files, unreadable };
}

type Failed = { readonly kind: 'failed'; readonly message: string };

async function kindOf(path: string): Promise<{ readonly kind: 'file' | 'folder' } | Failed> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return { kind: 'folder' };
    if (found.isFile()) return { kind: 'file' };
    return { kind: 'failed', message: 'neither a file nor a folder; name one of them' };
  } catch (error) {
    return failure(error, 'path');
  }
}

async function list(folder: string) {
  try {
    return { kind: 'entries' as const, entries: await readdir(folder, { withFileTypes: true }) };
  } catch (error) {
    return failure(error, 'folder');
  }
}

/** Text, or nothing when the file went away in between. */
async function readText(path: string): Promise<{ kind: 'text'; text: string } | Failed | { kind: 'gone' }> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES)
      return { kind: 'failed', message: `larger than ${MAX_FILE_BYTES} bytes; split it` };
    const bytes = await file.readFile();
    const text = decodeText(bytes);
    return text === undefined ? { kind: 'failed', message: NOT_UTF8 } : { kind: 'text', text };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { kind: 'gone' };
    return failure(error, 'file');
  }
}

/** A link is followed to a file inside of the tree, never out of it. */
async function leadsInside(path: string, realRoot: string): Promise<boolean> {
  try {
    const target = await realpath(path);
    return target.startsWith(`${realRoot}${sep}`) && (await stat(target)).isFile();
  } catch {
    return false;
  }
}

function failure(error: unknown, what: 'path' | 'file' | 'folder'): Failed {
  const messages: Readonly<Record<string, string>> = {
    ENOENT: `this ${what} does not exist; create it or correct the path`,
    EACCES: `no permission to read this ${what}; grant it to the user that runs Tutti`,
    EPERM: `no permission to read this ${what}; grant it to the user that runs Tutti`,
    EISDIR: `this ${what} is a folder`,
    ELOOP: `links lead in a circle here; correct them`,
  };
  const code = codeOf(error);
  return { kind: 'failed', message: messages[code] ?? `this ${what} cannot be read (${code})` };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
