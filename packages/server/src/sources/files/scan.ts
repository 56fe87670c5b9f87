// One look at a path: the files that may declare something, with their text, and what could not be read. Never throws
// for what it finds on disk.

import { open, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { Problem } from '../../resources/problem.ts';
import { EXTENSIONS } from '../../resources/read-text.ts';
import { MAX_DEPTH, MAX_ENTRIES, MAX_FILE_BYTES, MAX_FILES } from './limits.ts';

export interface Scan {
  /** Whether the path is a folder: its files may then hold other things too. */
  readonly isFolder: boolean;
  /** By path. */
  readonly texts: ReadonlyMap<string, string>;
  /** By the path that could not be read: a file, or a folder with all that is in it. What it held is unknown. */
  readonly unreadable: ReadonlyMap<string, Problem>;
  /** What was left out on purpose. */
  readonly leftOut: readonly Problem[];
}

/** Whether an entry of a tree is looked at, by its name alone. `.mcp.json` counts at the top only. */
export function isIgnoredName(name: string, isTop: boolean): boolean {
  if (name === '.mcp.json') return !isTop;
  return name.startsWith('.') || name === 'node_modules';
}

export async function scan(root: string): Promise<Scan> {
  const found = await kindOf(root);
  if (found.kind === 'failed') {
    const problem = problemAt(root, found.message);
    return { isFolder: false, texts: new Map(), unreadable: new Map([[root, problem]]), leftOut: [] };
  }
  if (found.kind === 'file') return { isFolder: false, leftOut: [], ...(await readAll([root])) };
  const tree = await walk(root);
  const read = await readAll(tree.files);
  const unreadable = new Map([...tree.unreadable, ...read.unreadable]);
  return { isFolder: true, texts: read.texts, unreadable, leftOut: tree.leftOut };
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

async function readAll(files: readonly string[]): Promise<Pick<Scan, 'texts' | 'unreadable'>> {
  const texts = new Map<string, string>();
  const unreadable = new Map<string, Problem>();
  for (const path of files) {
    const read = await readText(path);
    if (read.kind === 'text') texts.set(path, read.text);
    else if (read.kind === 'failed') unreadable.set(path, problemAt(path, read.message));
  }
  return { texts, unreadable };
}

function problemAt(path: string, message: string, severity: Problem['severity'] = 'error'): Problem {
  return { path, line: 1, column: 1, message, severity };
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
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) return { kind: 'failed', message: 'not UTF-8 text; save it as UTF-8' };
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
