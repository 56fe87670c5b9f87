// `tutti reload`: reads the configuration again now.

import { problemLine } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';

export function registerReload(program: Command, context: CliContext): void {
  const reload = program.command('reload').description('read the configuration again now');
  withOutput(withInstance(reload)).action(async (options: OutputOptions & InstanceOptions) => {
    const { client } = await connect(context, options);
    const items = await client.reload({ signal: context.signal });
    print(context, options.output, { items }, () =>
      items.length === 0
        ? ['Reloaded.']
        : ['Reloaded. What is wrong keeps its last good state:', ...items.map(problemLine)],
    );
    if (items.some((problem) => problem.severity === 'error')) context.setExitCode(EXIT.usage);
  });
}
