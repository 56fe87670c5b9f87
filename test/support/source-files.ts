// Files of this repository, as git would see them.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Paths relative to the root of tracked and new files that match, without what is ignored or deleted. */
export function repositoryFiles(...patterns: readonly string[]): readonly string[] {
  const list = (...flags: string[]): string[] =>
    execFileSync(
      'git',
      ['ls-files', '-z', ...flags, '--', ...patterns.map((pattern) => `:(glob)${pattern}`)],
      { cwd: ROOT, encoding: 'utf8' },
    )
      .split('\0')
      .filter((path) => path !== '');
  const deleted = new Set(list('--deleted'));
  const files = list('--cached', '--others', '--exclude-standard').filter((path) => !deleted.has(path));
  return [...new Set(files)].toSorted();
}
