// A bare repository, and work trees of it.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const WHO = ['-c', 'user.name=Pair', '-c', 'user.email=pair@example.com'];

export interface WorkTree {
  readonly path: string;
  /** What it prints; rejects with what it complains about. */
  git(...args: string[]): Promise<string>;
}

export interface Repository {
  /** On a branch of its own. One at a time: git does not like two at once. */
  addWorkTree(path: string, branch: string): Promise<WorkTree>;
  /** A file as main has it. */
  show(file: string): Promise<string>;
  /** How many commits of main have two parents. */
  merges(): Promise<number>;
}

export async function createRepository(
  bare: string,
  files: Readonly<Record<string, string>>,
): Promise<Repository> {
  await git(undefined, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  const first = await mkdtemp(join(tmpdir(), 'tutti-first-'));
  try {
    await git(undefined, 'clone', '--quiet', bare, first);
    await mkdir(first, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(first, name), text);
    await git(first, 'add', '--all');
    await git(first, 'commit', '--quiet', '-m', 'Begin');
    await git(first, 'push', '--quiet', 'origin', 'HEAD:main');
  } finally {
    await rm(first, { recursive: true, force: true });
  }
  return {
    async addWorkTree(path, branch) {
      await git(bare, 'worktree', 'add', '--quiet', '-b', branch, path, 'main');
      return { path, git: (...args) => git(path, ...args) };
    },
    show: (file) => git(bare, 'show', `main:${file}`),
    merges: async () => Number(await git(bare, 'rev-list', '--count', '--merges', 'main')),
  };
}

async function git(cwd: string | undefined, ...args: string[]): Promise<string> {
  try {
    return (await run('git', [...WHO, ...args], cwd === undefined ? {} : { cwd })).stdout;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(said === '' ? `git ${args.join(' ')} failed` : said, { cause: error });
  }
}
