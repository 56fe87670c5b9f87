// `tutti plan [PATH]`: what a change of declarations would do to the running instance, before it does it.

import type { ApiPlan } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { fromHere, requireDeclarations } from '../declarations.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, isAnyRunning, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { planLines } from '../output/plan-words.ts';

interface PlanOptions extends OutputOptions, InstanceOptions {
  readonly source?: string;
  readonly exitCode?: true;
}

export function registerPlan(program: Command, context: CliContext): void {
  const plan = program
    .command('plan')
    .argument('[path]', 'declarations that would take the place of those that are read now')
    .description('show what a change would do; without a path, what is declared and not in force')
    .option('--source <name>', 'with a path: they would take the place of what this Source declares')
    .option('--exit-code', 'exit with 1 when anything would change');
  withOutput(withInstance(plan)).action(async (path: string | undefined, options: PlanOptions) => {
    const planned = await ask(context, path, options);
    const shown = { ...planned, problems: planned.problems.map((problem) => fromHere(context, problem)) };
    print(context, options.output, shown, () => planLines(shown, context.stdout));
    if (shown.problems.some(({ severity }) => severity === 'error')) context.setExitCode(EXIT.usage);
    else if (options.exitCode === true && (shown.changes || shown.drift.length > 0))
      context.setExitCode(EXIT.failed);
  });
}

async function ask(context: CliContext, path: string | undefined, options: PlanOptions): Promise<ApiPlan> {
  const { signal } = context;
  const isRunning = await isAnyRunning(context, options);
  const { planFromNothing, readDeclarations } = await import('@tutti/server/offline');
  if (!isRunning) {
    const { readEnvironment } = await import('@tutti/server/instances');
    context.stderr.write('Tutti is not running: this is what its start would do.\n');
    return await planFromNothing(await requireDeclarations(context, path), readEnvironment(context.env));
  }
  const { client } = await connect(context, options);
  if (path === undefined) return await client.plan({}, { signal });
  const { source } = options;
  const change = await readDeclarations(await requireDeclarations(context, path));
  return await client.plan({ change: { ...change, ...(source !== undefined && { source }) } }, { signal });
}
