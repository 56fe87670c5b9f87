// `tutti guard`: a git hook that keeps files which another agent has leased out of a commit.

import { writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { MAX_PATH_CHARS } from '@tutti/schemas';
import { Option, type Command } from 'commander';
import { TuttiUnreachableError } from '@tutti/sdk';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { openRepository, readIdentity } from '../guard/git.ts';
import { hookScript, installHook, uninstallHook } from '../guard/hook.ts';
import { judgeCommit } from '../guard/verdict.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { printable } from '../output/printable.ts';
import { CliError } from '../report-error.ts';

/** A commit does not wait longer for Tutti. */
const CHECK_MS = 15_000;

interface CheckOptions extends InstanceOptions {
  readonly space?: string;
  readonly prefix?: string;
  readonly requireLease?: true;
  readonly unreachable: 'warn' | 'refuse';
}

interface InstallOptions extends CheckOptions {
  readonly agent?: string;
}

export function registerGuard(program: Command, context: CliContext): void {
  const guard = program.command('guard').description('keep files that others have leased out of git commits');

  withChecks(guard.command('install').description('write a pre-commit hook; one that is there runs first'))
    .option('--agent <id>', 'the agent that works in this work tree')
    .action((options: InstallOptions) => install(context, options));

  guard
    .command('uninstall')
    .description('take the hook out; the one before comes back')
    .action(async () => {
      const removed = await uninstallHook(await openRepository(context).hooksFolder());
      context.stdout.write(removed ? 'The guard is taken out.\n' : 'There is no guard here.\n');
    });

  withChecks(
    guard.command('check').description('say whether what is staged may be committed; the hook does'),
  ).action((options: CheckOptions) => check(context, options));
}

function withChecks(command: Command): Command {
  return withInstance(command)
    .option('--space <name>', 'the root of files that the repository is in, where there are several')
    .option('--prefix <path>', 'where the repository is, below that root')
    .option('--require-lease', 'refuse files that the agent has not leased itself, too')
    .addOption(
      new Option('--unreachable <what>', 'what to do when Tutti does not answer')
        .choices(['warn', 'refuse'])
        .default('warn'),
    );
}

async function install(context: CliContext, options: InstallOptions): Promise<void> {
  const repository = openRepository(context);
  const { execPath, binPath } = context.self;
  const { space, prefix, requireLease, unreachable, url, state, agent } = options;
  const args = [
    '--unreachable',
    unreachable,
    ...(space === undefined ? [] : ['--space', space]),
    ...(prefix === undefined ? [] : ['--prefix', prefix]),
    ...(requireLease === true ? ['--require-lease'] : []),
    ...(url === undefined ? [] : ['--url', url]),
    ...(state === undefined ? [] : ['--state', state]),
  ];
  if (agent !== undefined) await writeFile(await repository.identityFile(), `${agent}\n`);
  const folder = await repository.hooksFolder();
  const { how, kept } = await installHook(folder, hookScript({ execPath, binPath, args }));
  const before = kept ? ' The hook that was there runs before it.' : '';
  const who = await readIdentity(context, repository);
  const whose =
    who === undefined
      ? 'Whoever commits says who it is with TUTTI_AGENT.'
      : `Commits here are made by ${who}, unless TUTTI_AGENT says otherwise.`;
  context.stdout.write(`${printable(`The guard is ${how} in ${folder}.${before} ${whose}`)}\n`);
}

async function check(context: CliContext, options: CheckOptions): Promise<void> {
  const repository = openRepository(context);
  const files = await repository.staged();
  if (files.length === 0) return;
  const agent = await readIdentity(context, repository);
  const paths = files
    .map((file) => (options.prefix === undefined ? file : posix.join(options.prefix, file)))
    .filter(isLeasable);
  if (paths.length === 0) return;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(CHECK_MS)]);
  let refusal;
  try {
    const { client } = await connect(context, options);
    const checked = await client.leases.check(paths.map(literal), { signal, space: options.space, agent });
    refusal = judgeCommit(checked, agent, options.requireLease === true);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isUnreachable(error, signal)) throw error;
    const what = 'Tutti does not answer, so nobody knows whether others have leased these files.';
    if (options.unreachable === 'refuse')
      throw new CliError(EXIT.unavailable, what, ['Start it with: tutti up. Then commit again.']);
    context.stderr.write(`tutti guard: ${what} The commit goes on.\n`);
    return;
  }
  if (refusal === undefined) return;
  throw new CliError(EXIT.refused, 'tutti guard: this commit has files that it may not have:', [
    ...refusal.lines,
    refusal.next,
  ]);
}

/** What nobody can lease is nobody's. */
function isLeasable(path: string): boolean {
  return path.length <= MAX_PATH_CHARS && !/[\p{Cc}\p{Cs}\\]/u.test(path);
}

/** A name with `*` or `?` would be a glob; a `?` for each is as near as it gets, and means no less. */
function literal(path: string): string {
  return path.replaceAll('*', '?');
}

/** Nothing runs, or it runs and does not answer in time. */
function isUnreachable(error: unknown, signal: AbortSignal): boolean {
  if (error instanceof TuttiUnreachableError || signal.aborted) return true;
  return error instanceof CliError && error.exitCode === EXIT.unavailable;
}
