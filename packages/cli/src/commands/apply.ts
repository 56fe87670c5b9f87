// `tutti apply -f FILE|-`: declares what a file says over the API, all of it or nothing.

import { problemLine } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { readDocuments } from '../read-documents.ts';

interface ApplyOptions extends OutputOptions, InstanceOptions {
  readonly file: string;
  readonly dryRun?: true;
}

export function registerApply(program: Command, context: CliContext): void {
  const apply = program
    .command('apply')
    .description('declare servers and toolsets in the running Tutti')
    .requiredOption('-f, --file <file>', 'what to declare, in any format that Tutti reads; - for stdin')
    .option('--dry-run', 'only say what is wrong with it');
  withOutput(withInstance(apply)).action(async ({ file, dryRun, ...options }: ApplyOptions) => {
    const { signal } = context;
    const text = await readDocuments(context, file);
    const { client } = await connect(context, options);
    const request = { path: file, signal };
    if (dryRun === true) {
      const items = await client.check(text, request);
      print(context, options.output, { items }, () =>
        items.length === 0 ? ['Nothing is wrong with it.'] : items.map(problemLine),
      );
      if (items.some(({ severity }) => severity === 'error')) context.setExitCode(EXIT.usage);
      return;
    }
    const applied = await client.apply(text, request);
    print(context, options.output, applied, () => [
      ...applied.items.map(({ kind, name, change }) => `${kind.toLowerCase()}/${name} ${change}`),
      ...applied.warnings.map(problemLine),
    ]);
  });
}
