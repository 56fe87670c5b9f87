// Which files of a commit may declare something. Decided on the listing of its tree: what is no part of the commit (a
// file that a server wrote beside it, what a link leads to, a submodule) declares nothing. Pure.

import { extname } from 'node:path';
import type { Problem } from '../../resources/problem.ts';
import { EXTENSIONS } from '../../resources/read-text.ts';
import { MAX_DEPTH, MAX_FILE_BYTES, MAX_FILES } from '../limits.ts';
import { isIgnoredName, problemAt, PROJECT_NAMES } from '../seen.ts';
import { MAX_TREE_BYTES } from './limits.ts';

export interface TreeEntry {
  readonly mode: string;
  /** The object. */
  readonly id: string;
  readonly sizeBytes: number;
  /** From the root of the repository. */
  readonly path: string;
}

export interface ChosenFiles {
  readonly files: readonly TreeEntry[];
  /** Whether they are files of a folder, or the one that was named. */
  readonly inFolder: boolean;
  /** By path; what it held is unknown. */
  readonly unreadable: ReadonlyMap<string, Problem>;
  readonly leftOut: readonly Problem[];
}

const LINK = '120000';
const SUBMODULE = '160000';

/** Reads the output of `git ls-tree -r -z --long`. */
export function parseTree(output: string): readonly TreeEntry[] {
  return output.split('\0').flatMap((line) => {
    const [, mode, id, size, path] = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t([^]+)$/.exec(line) ?? [];
    if (mode === undefined || id === undefined || path === undefined) return [];
    return [{ mode, id, sizeBytes: size === '-' ? 0 : Number(size), path }];
  });
}

/** `root` is the folder or file that was asked for; `shown` makes the path that people see. */
export function chooseFiles(
  entries: readonly TreeEntry[],
  root: string,
  shown: (path: string) => string,
): ChosenFiles {
  const unreadable = new Map<string, Problem>();
  const leftOut: Problem[] = [];
  const inFolder = !entries.some(({ path }) => path === root);
  const prefix = root === '' ? '' : `${root}/`;
  const candidates = inFolder
    ? entries.filter(({ path }) => isCandidate(path.slice(prefix.length)))
    : entries;
  const inProject = candidates.filter(({ path }) => isOfProject(path.slice(prefix.length)));
  const wanted = inFolder && inProject.length > 0 ? inProject : candidates;

  const files: TreeEntry[] = [];
  let sizeBytes = 0;
  let isFull = false;
  for (const entry of wanted) {
    const path = shown(entry.path);
    const isFile = entry.mode !== LINK && entry.mode !== SUBMODULE;
    const depth = entry.path.slice(prefix.length).split('/').length - 1;
    if (!isFile) leftOut.push(problemAt(path, 'a link or a submodule; not followed', 'warning'));
    else if (depth > MAX_DEPTH)
      leftOut.push(problemAt(path, `more than ${MAX_DEPTH} folders deep; not read`, 'warning'));
    else if (entry.sizeBytes > MAX_FILE_BYTES)
      unreadable.set(path, problemAt(path, `larger than ${MAX_FILE_BYTES} bytes; split it`));
    else if (files.length >= MAX_FILES || sizeBytes + entry.sizeBytes > MAX_TREE_BYTES) isFull = true;
    else {
      sizeBytes += entry.sizeBytes;
      files.push(entry);
    }
  }
  if (isFull) {
    const bounds = `${MAX_FILES} files or ${MAX_TREE_BYTES} bytes`;
    const message = `more than ${bounds}; the rest is not read: name the folder that holds the declarations`;
    leftOut.push(problemAt(shown(root), message));
  }
  return { files, inFolder, unreadable, leftOut };
}

/** By the names on the way from the root, as for a folder on disk. */
function isCandidate(path: string): boolean {
  const names = path.split('/');
  const isIgnored = names.some((name, index) => isIgnoredName(name, index === 0));
  return !isIgnored && EXTENSIONS.includes(extname(path).toLowerCase());
}

function isOfProject(path: string): boolean {
  return PROJECT_NAMES.some((name) => path === name || path.startsWith(`${name}/`));
}

/** Reads the output of `git cat-file --batch`: the contents in the order in which they were asked for. */
export function parseContents(output: Buffer): readonly Buffer[] | undefined {
  const contents: Buffer[] = [];
  for (let at = 0; at < output.length;) {
    const lineEnd = output.indexOf(0x0a, at);
    const [, size] = /^[0-9a-f]+ blob (\d+)$/.exec(output.toString('latin1', at, lineEnd)) ?? [];
    if (lineEnd === -1 || size === undefined) return undefined;
    const end = lineEnd + 1 + Number(size);
    if (end > output.length) return undefined;
    contents.push(output.subarray(lineEnd + 1, end));
    at = end + 1;
  }
  return contents;
}
