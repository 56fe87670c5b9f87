// `tutti plan [PATH]`: what a change of declarations would do to the running instance, before it does it.

import { displayGitUrl, type ApiPlan, type ApiSource } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { fromHere, requireDeclarations } from '../declarations.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, isAnyRunning, withInstance, type InstanceOptions } from '../instance.ts';
import { readDocuments } from '../read-documents.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { planLines } from '../output/plan-words.ts';
import { CliError } from '../report-error.ts';

interface PlanOptions extends OutputOptions, InstanceOptions {
  readonly source?: string;
  readonly file?: string;
  readonly git?: string;
  readonly ref?: string;
  readonly path?: string;
  readonly envAllow?: readonly string[];
  readonly exitCode?: true;
}

/** What makes sense beside --git only. */
const OF_GIT = ['ref', 'path', 'envAllow'] as const;

export function registerPlan(program: Command, context: CliContext): void {
  const plan = program
    .command('plan')
    .argument('[path]', 'declarations that would take the place of those that are read now')
    .description('show what a change would do; without a path, what is declared and not in force')
    .option('-f, --file <file>', 'what `tutti apply -f` would do with it; - for stdin')
    .option('--git <url>', 'what a repository declares, without starting it')
    .option('--ref <ref>', 'its branch, tag or commit (what its HEAD points to)')
    .option('--path <path>', 'a folder or file inside of it (all of it)')
    .option('--env-allow <names...>', 'variables that it may use, where no Source names it yet')
    .option('--source <name>', 'with a path or --git: they would take the place of what this Source declares')
    .option('--exit-code', 'exit with 1 when anything would change');
  withOutput(withInstance(plan)).action(async (path: string | undefined, options: PlanOptions) => {
    checkOptions(path, options);
    const planned = await ask(context, path, options);
    const shown = { ...planned, problems: planned.problems.map((problem) => fromHere(context, problem)) };
    print(context, options.output, shown, () => planLines(shown, context.stdout));
    if (shown.problems.some(({ severity }) => severity === 'error')) context.setExitCode(EXIT.usage);
    else if (options.exitCode === true && (shown.changes || shown.drift.length > 0))
      context.setExitCode(EXIT.failed);
  });
}

function checkOptions(path: string | undefined, options: PlanOptions): void {
  const { file, git, source } = options;
  if ([path, file, git].filter((one) => one !== undefined).length > 1)
    throw new CliError(EXIT.usage, 'Give a path, --file or --git, and only one of them.');
  if (file !== undefined && source !== undefined)
    throw new CliError(EXIT.usage, '--source is for a path or --git: what is applied belongs to no Source.');
  const stray = git === undefined ? OF_GIT.find((name) => options[name] !== undefined) : undefined;
  if (stray === undefined) return;
  const flag = stray === 'envAllow' ? 'env-allow' : stray;
  throw new CliError(EXIT.usage, `--${flag} says more about --git, which is not given.`, [
    `Name the repository too: tutti plan --git URL --${flag} …`,
  ]);
}

async function ask(context: CliContext, path: string | undefined, options: PlanOptions): Promise<ApiPlan> {
  const { signal } = context;
  const { source, file, git } = options;
  if (file !== undefined) {
    const text = await readDocuments(context, file);
    const { client } = await connect(context, options);
    return await client.plan({ apply: { text, path: file } }, { signal });
  }
  if (git !== undefined) return await askOfRepository(context, git, options);
  const isRunning = await isAnyRunning(context, options);
  const { planFromNothing, readDeclarations } = await import('@tutti/server/offline');
  if (!isRunning) {
    const { readEnvironment } = await import('@tutti/server/instances');
    context.stderr.write(NOT_RUNNING);
    return await planFromNothing(await requireDeclarations(context, path), readEnvironment(context.env));
  }
  const { client } = await connect(context, options);
  if (path === undefined) return await client.plan({}, { signal });
  const change = await readDeclarations(await requireDeclarations(context, path));
  return await client.plan({ change: { ...change, ...(source !== undefined && { source }) } }, { signal });
}

const NOT_RUNNING = 'Tutti is not running: this is what its start would do.\n';

async function askOfRepository(context: CliContext, url: string, options: PlanOptions): Promise<ApiPlan> {
  const { signal } = context;
  const { envAllow = [], source } = options;
  const given = options.path === undefined ? undefined : insidePath(options.path);
  const client = (await isAnyRunning(context, options))
    ? (await connect(context, options)).client
    : undefined;
  const named = client && chooseSource(await client.sources({ signal }), { url, path: given, source });
  const path = named === undefined ? (given ?? '') : (named.path ?? '');
  const { planRepositoryFromNothing, readRepository } = await import('@tutti/server/offline');
  const ref = options.ref ?? named?.branch;
  const { commit, declarations } = await readRepository({ url, ref, path }, context.env, signal);
  if (client !== undefined && named !== undefined)
    return await client.plan(
      { change: { ...declarations, path: `${named.name}:${path}`, isFolder: true, source: named.name } },
      { signal },
    );
  // Its credentials are no part of what is asked.
  const repository = { url: displayGitUrl(url), path, commit, envAllow: [...envAllow] };
  const change = { ...declarations, path: repository.url, isFolder: true, repository };
  if (client !== undefined) return await client.plan({ change }, { signal });
  const { readEnvironment } = await import('@tutti/server/instances');
  context.stderr.write(NOT_RUNNING);
  return await planRepositoryFromNothing(change, readEnvironment(context.env));
}

/** The Source that reads the repository, or that is said to; undefined: none does yet. */
function chooseSource(
  sources: readonly ApiSource[],
  wanted: { readonly url: string; readonly path: string | undefined; readonly source: string | undefined },
): ApiSource | undefined {
  if (wanted.source !== undefined) {
    const named = sources.find(({ name }) => name === wanted.source);
    if (named !== undefined) return named;
    throw new CliError(EXIT.notFound, `There is no Source "${wanted.source}".`, [
      'List them with: tutti get sources',
    ]);
  }
  const url = displayGitUrl(wanted.url);
  return sources.find(
    (one) => one.url === url && (wanted.path === undefined || wanted.path === (one.path ?? '')),
  );
}

/** As a Source has it: no `./` before it, no `/` behind. */
function insidePath(path: string): string {
  return path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
}
