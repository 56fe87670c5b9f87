// Whether a commit is in a repository below a declared root, and reachable from one of its refs. Read only: git gets no
// hook, no helper, and no way to fetch what is missing, because the repository's own configuration is not ours.

import type { CommitFact, Place, Unknown } from '../../coordination/evidence/ports.ts';
import type { Git, GitResult } from '../../sources/git/command.ts';
import { resolveInside, type Root, type RootedPath, unknown } from './rooted-path.ts';

const GIT_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 << 10;
/** Whatever a repository says of itself: nothing is fetched. */
const OFFLINE = ['-c', 'protocol.allow=never'];

export async function findCommit(
  roots: readonly Root[],
  git: Git,
  place: Place & { readonly commit: string; readonly ref: string },
  signal: AbortSignal,
): Promise<CommitFact> {
  const found = await resolveInside(roots, place);
  if (found.kind === 'absent') return { kind: 'absent', what: 'repository' };
  if (found.kind !== 'path') return found;
  const run = async (...args: readonly string[]): Promise<GitResult> => {
    signal.throwIfAborted();
    return await git([...OFFLINE, ...args], {
      cwd: found.path,
      timeoutMs: GIT_TIMEOUT_MS,
      maxOutputBytes: MAX_OUTPUT_BYTES,
    });
  };
  const top = await topOf(run);
  if (top.kind === 'unknown') return top;
  // Git looks for a repository in the folders above as well; one of those is not the one that was named.
  if (top.kind === 'absent' || top.path !== found.path) return { kind: 'absent', what: 'repository' };
  const revision = (text: string): Promise<GitResult> =>
    run('rev-parse', '--verify', '--quiet', '--end-of-options', `${text}^{commit}`);
  for (const [what, text] of [['commit', place.commit] as const, ['ref', place.ref] as const]) {
    const known = await revision(text);
    if (known.kind === 'done') continue;
    return known.isVerdict ? { kind: 'absent', what } : couldNot(known.reason);
  }
  const reached = await run('merge-base', '--is-ancestor', place.commit, place.ref);
  if (reached.kind === 'done') return { kind: 'reachable' };
  return reached.isVerdict ? { kind: 'unreachable' } : couldNot(reached.reason);
}

type Run = (...args: readonly string[]) => Promise<GitResult>;

/** The folder of the working tree, or of a repository without one. */
async function topOf(run: Run): Promise<RootedPath> {
  const answer = await run('rev-parse', '--is-bare-repository');
  if (answer.kind === 'failed') {
    const isNone = answer.isVerdict && !answer.reason.includes('dubious ownership');
    return isNone ? { kind: 'absent' } : couldNot(answer.reason);
  }
  const isBare = answer.stdout.toString().trim() === 'true';
  const place = await run('rev-parse', isBare ? '--absolute-git-dir' : '--show-toplevel');
  if (place.kind === 'failed') return couldNot(place.reason);
  return { kind: 'path', path: place.stdout.toString().replace(/\n$/, '') };
}

function couldNot(reason: string): Unknown {
  return unknown(`git could not tell: ${reason}`, 'have the repository mended, or submit again later');
}
