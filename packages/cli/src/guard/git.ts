// What git says of the repository here. Git tells its hooks which index and folder it works on by its environment; both go
// on to the git that is asked.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { EXIT } from '../exit-codes.ts';
import { CliError } from '../report-error.ts';

/** Of names of files: some hundred thousand. */
const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;

const run = promisify(execFile);

export interface Repository {
  /** The folder of its hooks. */
  hooksFolder(): Promise<string>;
  /** Where the agent of this work tree is named. */
  identityFile(): Promise<string>;
  /** Files that the commit changes, adds or removes, relative to the top; of a file that moves both names. */
  staged(): Promise<readonly string[]>;
}

export interface GitPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export function openRepository(place: GitPlace): Repository {
  const { cwd } = place;
  const pathOf = async (name: string): Promise<string> =>
    resolve(cwd, (await git(place, ['rev-parse', '--git-path', name])).trim());
  return {
    hooksFolder: () => pathOf('hooks'),
    // Of the work tree: two of one repository belong to two agents.
    identityFile: async () =>
      resolve(cwd, (await git(place, ['rev-parse', '--git-dir'])).trim(), 'tutti-agent'),
    async staged() {
      const names = await git(place, ['diff', '--cached', '--name-only', '--no-renames', '-z']);
      return names.split('\0').filter((name) => name !== '');
    },
  };
}

async function git({ cwd, env, signal }: GitPlace, args: readonly string[]): Promise<string> {
  try {
    const options = { cwd, env, signal, maxBuffer: MAX_OUTPUT_BYTES };
    return (await run('git', args, options)).stdout;
  } catch (error) {
    signal.throwIfAborted();
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    if (said.includes('not a git repository'))
      throw new CliError(EXIT.usage, 'This is no git repository.', ['Go into the work tree and try again.']);
    throw new CliError(EXIT.failed, `git ${args[0] ?? ''} failed: ${said === '' ? String(error) : said}`);
  }
}

/** The agent that works here: TUTTI_AGENT, else the one that this work tree is for. */
export async function readIdentity({ env }: GitPlace, repository: Repository): Promise<string | undefined> {
  const named = env['TUTTI_AGENT'];
  if (named !== undefined && named !== '') return named;
  const text = await readFile(await repository.identityFile(), 'utf8').catch(() => '');
  return text.trim() === '' ? undefined : text.trim();
}
