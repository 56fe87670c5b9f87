// What a repository declares at a revision, for a request to plan: a checkout of its own, in a temporary folder that goes
// again. Nothing of the repository is run.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { gitUrlIssue, type ApiPlanChange } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import { createGit } from '../../sources/git/command.ts';
import { cleanReason } from '../../sources/git/git-source.ts';
import { CLONE_TIMEOUT_MS } from '../../sources/git/limits.ts';
import { createRepository } from '../../sources/git/repository.ts';

export interface RepositoryAt {
  readonly url: string;
  /** A branch, a tag, or the whole hash of a commit; undefined: its HEAD. */
  readonly ref: string | undefined;
  /** A folder or file inside of it; empty: all of it. */
  readonly path: string;
}

export interface ReadRepository {
  /** The whole hash. */
  readonly commit: string;
  readonly declarations: Pick<ApiPlanChange, 'files' | 'unreadable' | 'leftOut'>;
}

/** Rejects with an AppError whose words hold no credentials. */
export async function readRepository(
  { url, ref, path }: RepositoryAt,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<ReadRepository> {
  const issue = gitUrlIssue(url);
  if (issue !== undefined) throw new AppError('invalid_params', `--git: ${issue}`);
  if (ref !== undefined && !isRef(ref))
    throw new AppError('invalid_params', `--ref: "${ref}" is no branch, tag or hash of a commit`);
  const folder = await mkdtemp(join(tmpdir(), 'tutti-plan-'));
  try {
    const git = createGit({ environment, signal });
    const repository = createRepository({
      git,
      folder: join(folder, 'checkout'),
      url,
      branch: undefined,
      ref,
      shown: (inside) => inside,
    });
    const pulled = await repository.pull(CLONE_TIMEOUT_MS);
    if (pulled.kind === 'failed') throw unreadable(pulled.reason, url);
    const read = await repository.read(pulled.commit, path);
    if (read.kind === 'failed') throw unreadable(read.reason, url);
    const { files, unreadable: bad, leftOut } = read.scan;
    const below = (inside: string): string => posix.relative(path, inside);
    return {
      commit: pulled.commit.id,
      declarations: {
        files: [...files].map(([file, { text, inFolder }]) => ({ path: below(file), text, inFolder })),
        unreadable: [...bad].map(([file, { message }]) => ({ path: below(file), message })),
        leftOut: leftOut.map(({ path: file, message, severity }) => ({
          path: below(file),
          message,
          severity,
        })),
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function unreadable(reason: string, url: string): AppError {
  return new AppError('unavailable', `The repository can't be read: ${cleanReason(reason, url)}`);
}

/** Nothing that git would take for an option, a pattern or two names (git check-ref-format). */
function isRef(text: string): boolean {
  return (
    /^[^-\s:^~?*[\\\p{Cc}][^\s:^~?*[\\\p{Cc}]{0,250}$/u.test(text) &&
    !text.includes('..') &&
    !text.includes('@{')
  );
}
