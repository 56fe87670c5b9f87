// One checkout of one branch of one repository. The commit in force is the head of a branch of our own, whose name
// tells repository and branch: a checkout of anything else has none, and is cloned anew, as is one that is damaged. A
// new commit takes its place only when it is complete, so a failure on the way leaves the last one.

import { createHash } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { displayGitUrl } from '@tutti/schemas';
import { decodeText, NOT_UTF8 } from '../../resources/read-text.ts';
import { problemAt, type Scan, type SeenFile } from '../seen.ts';
import type { Git, GitResult } from './command.ts';
import { CLONE_TIMEOUT_MS, LOCAL_TIMEOUT_MS, MAX_SUBJECT_CHARS, MAX_TREE_BYTES } from './limits.ts';
import { chooseFiles, parseContents, parseTree } from './tree.ts';

export interface Commit {
  readonly id: string;
  /** Its first line. */
  readonly subject: string;
  readonly timeMs: number;
}

type Failed = { readonly kind: 'failed'; readonly reason: string; readonly isVerdict?: boolean };
export type Pulled = { readonly kind: 'commit'; readonly commit: Commit } | Failed;
export type Read = { readonly kind: 'read'; readonly scan: Scan } | Failed;

export interface Repository {
  /** The commit that is checked out whole, if any. Asks nobody but the disk. */
  lastGood(): Promise<Commit | undefined>;
  /** Brings the checkout to what the branch is now. */
  pull(timeoutMs: number): Promise<Pulled>;
  /** Makes the checkout anew, because what it says can't be read. */
  cloneAnew(): Promise<Pulled>;
  /** The declaring files of a commit, by the path that people are shown; their text is that of the commit. */
  read(commit: Commit, path: string): Promise<Read>;
}

export interface RepositoryDeps {
  readonly git: Git;
  readonly folder: string;
  readonly url: string;
  /** Undefined: the HEAD of the repository. */
  readonly branch: string | undefined;
  /** A branch, a tag, or the whole hash of a commit, in the place of the branch. */
  readonly ref?: string | undefined;
  readonly shown: (path: string) => string;
}

const FETCHED = 'refs/tutti/fetched';

export function createRepository({ git, folder, url, branch, ref, shown }: RepositoryDeps): Repository {
  const digest = createHash('sha256')
    .update(JSON.stringify([displayGitUrl(url), branch ?? null]))
    .digest('hex');
  const ownBranch = `tutti-${digest.slice(0, 16)}`;
  const wanted = ref ?? (branch === undefined ? 'HEAD' : `refs/heads/${branch}`);

  /** In this repository and no other, whatever lies around it. */
  function local(at: string, args: readonly string[], timeoutMs = LOCAL_TIMEOUT_MS): Promise<GitResult> {
    return git(['--git-dir=.git', '--work-tree=.', ...args], { cwd: at, timeoutMs });
  }

  async function describe(at: string, revision: string): Promise<Commit | undefined> {
    const format = '--format=%H%x00%ct%x00%s';
    const shown = await local(at, ['log', '-1', '--no-show-signature', format, `${revision}^{commit}`, '--']);
    if (shown.kind === 'failed') return undefined;
    const [id = '', seconds = '', subject = ''] = shown.stdout.toString().trimEnd().split('\0');
    return {
      id,
      timeMs: Number(seconds) * 1_000,
      subject: subject.replaceAll(/\p{Cc}+/gu, ' ').slice(0, MAX_SUBJECT_CHARS),
    };
  }

  async function fetch(at: string, timeoutMs: number): Promise<Pulled> {
    const args = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--update-shallow'];
    const what = ['--', url, `+${wanted}:${FETCHED}`];
    let fetched = await local(at, [...args, '--depth=1', ...what], timeoutMs);
    // A plain web server can only give all of it.
    if (fetched.kind === 'failed' && fetched.reason.includes('does not support shallow'))
      fetched = await local(at, [...args, ...what], timeoutMs);
    if (fetched.kind === 'failed') return fetched;
    const commit = await describe(at, FETCHED);
    return commit === undefined
      ? { kind: 'failed', reason: `${wanted} is no commit` }
      : { kind: 'commit', commit };
  }

  /** Files that are not of the commit, like those that servers wrote, stay. */
  async function checkOut(at: string, { id }: Commit): Promise<GitResult> {
    return await local(at, ['reset', '--quiet', '--hard', id], CLONE_TIMEOUT_MS);
  }

  async function cloneAnew(): Promise<Pulled> {
    const fresh = join(dirname(folder), `.${basename(folder)}.new`);
    const remove = (): Promise<void> => rm(fresh, { recursive: true, force: true });
    await remove();
    try {
      return await cloneInto(fresh);
    } finally {
      await remove();
    }
  }

  async function cloneInto(fresh: string): Promise<Pulled> {
    const isOurs = (await lastGood()) !== undefined;
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    const made = await git(['init', '--quiet', '--template=', `--initial-branch=${ownBranch}`, '.'], {
      cwd: fresh,
      timeoutMs: LOCAL_TIMEOUT_MS,
    });
    if (made.kind === 'failed') return made;
    const fetched = await fetch(fresh, CLONE_TIMEOUT_MS);
    if (fetched.kind === 'failed') return fetched;
    const checkedOut = await checkOut(fresh, fetched.commit);
    if (checkedOut.kind === 'failed') return checkedOut;
    if (isOurs) {
      // Servers run in this folder: it must not be taken from under them.
      await rm(join(folder, '.git'), { recursive: true, force: true });
      await rename(join(fresh, '.git'), join(folder, '.git'));
      const renewed = await checkOut(folder, fetched.commit);
      if (renewed.kind === 'failed') return renewed;
    } else {
      await rm(folder, { recursive: true, force: true });
      await rename(fresh, folder);
    }
    return fetched;
  }

  async function lastGood(): Promise<Commit | undefined> {
    const found = await git(
      ['--git-dir=.git', 'rev-parse', '--verify', '--quiet', `refs/heads/${ownBranch}^{commit}`],
      { cwd: folder, timeoutMs: LOCAL_TIMEOUT_MS },
    );
    return found.kind === 'failed' ? undefined : await describe(folder, `refs/heads/${ownBranch}`);
  }

  return {
    lastGood,
    cloneAnew,
    async pull(timeoutMs) {
      const known = await lastGood();
      if (known === undefined) return await cloneAnew();
      const fetched = await fetch(folder, timeoutMs);
      if (fetched.kind === 'failed') {
        if (fetched.isVerdict !== true) return fetched;
        const answer = await git(['ls-remote', '--exit-code', '--', url, wanted], { cwd: folder, timeoutMs });
        // When the repository can be read, it is our checkout that can't take it.
        return answer.kind === 'failed' ? fetched : await cloneAnew();
      }
      if (fetched.commit.id === known.id) return fetched;
      const checkedOut = await checkOut(folder, fetched.commit);
      return checkedOut.kind === 'failed' ? await cloneAnew() : fetched;
    },
    async read({ id }, path) {
      const listed = await local(folder, [
        'ls-tree',
        '-r',
        '-z',
        '--long',
        '--full-tree',
        id,
        '--',
        ...(path === '' ? [] : [path]),
      ]);
      if (listed.kind === 'failed') return listed;
      const entries = parseTree(listed.stdout.toString());
      if (path !== '' && entries.length === 0) {
        const message = `there is no ${path} in commit ${id.slice(0, 7)}; add it, or correct the path. Nothing is removed because of it`;
        const unreadable = new Map([[shown(path), problemAt(shown(path), message)]]);
        return { kind: 'read', scan: { files: new Map(), unreadable, leftOut: [] } };
      }
      const chosen = chooseFiles(entries, path, shown);
      const contents = await readContents(chosen.files.map((file) => file.id));
      if (contents === undefined) return { kind: 'failed', reason: `commit ${id.slice(0, 7)} can't be read` };
      const files = new Map<string, SeenFile>();
      const unreadable = new Map(chosen.unreadable);
      chosen.files.forEach((file, index) => {
        const text = decodeText(contents[index] ?? Buffer.alloc(0));
        const where = shown(file.path);
        if (text === undefined) unreadable.set(where, problemAt(where, NOT_UTF8));
        else files.set(where, { text, inFolder: chosen.inFolder });
      });
      return { kind: 'read', scan: { files, unreadable, leftOut: chosen.leftOut } };
    },
  };

  async function readContents(ids: readonly string[]): Promise<readonly Buffer[] | undefined> {
    if (ids.length === 0) return [];
    const read = await git(['--git-dir=.git', 'cat-file', '--batch'], {
      cwd: folder,
      timeoutMs: LOCAL_TIMEOUT_MS,
      input: ids.map((id) => `${id}\n`).join(''),
      // And a line before each.
      maxOutputBytes: MAX_TREE_BYTES + 100 * ids.length,
    });
    if (read.kind === 'failed') return undefined;
    const contents = parseContents(read.stdout);
    return contents?.length === ids.length ? contents : undefined;
  }
}
