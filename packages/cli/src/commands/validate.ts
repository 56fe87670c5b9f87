// `tutti validate [PATH]`: checks declarations without starting anything.

import { problemLine } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { fromHere, requireDeclarations } from '../declarations.ts';
import { EXIT } from '../exit-codes.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { count } from '../output/words.ts';

export function registerValidate(program: Command, context: CliContext): void {
  const validate = program
    .command('validate')
    .argument('[path]', 'a file or folder (tutti.yaml and tutti/ here, else .mcp.json)')
    .description('check declarations without starting anything');
  withOutput(validate).action(async (given: string | undefined, options: OutputOptions) => {
    const path = await requireDeclarations(context, given);
    const { validatePath } = await import('@tutti/server/offline');
    const { resources, problems } = await validatePath(path, context.env);
    const items = problems.map((problem) => fromHere(context, problem));
    const errors = items.filter(({ severity }) => severity === 'error').length;
    const warnings = items.length - errors;
    print(context, options.output, { items }, () => [
      ...items.map(problemLine),
      [
        count(resources.length, 'server'),
        errors === 0 ? 'no errors' : count(errors, 'error'),
        ...(warnings === 0 ? [] : [count(warnings, 'warning')]),
      ].join(', '),
    ]);
    if (errors > 0) context.setExitCode(EXIT.usage);
  });
}
