// `tutti explain TOOL`: why a tool can be seen and called, or not, and what to do about it.

import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { explanationLines } from '../output/explanation-words.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { CliError } from '../report-error.ts';

interface ExplainOptions extends OutputOptions, InstanceOptions {
  readonly as?: string;
  readonly set?: string;
}

export function registerExplain(program: Command, context: CliContext): void {
  const explain = program
    .command('explain')
    .argument('<tool>', "a name at an endpoint, the server's own one, or server/tool")
    .description('say why a tool can be seen and called, or not')
    .option('--as <principal>', 'for the holder of this key (whoever comes without one)')
    .option('--set <toolset>', 'at the endpoint of this toolset (/mcp)');
  withOutput(withInstance(explain)).action(async (tool: string, options: ExplainOptions) => {
    const { client } = await connect(context, options);
    const { as, set } = options;
    const found = await client.explain(tool, { as, set, signal: context.signal });
    if (found.items.length === 0 && options.output === 'table')
      throw new CliError(
        EXIT.notFound,
        `No server has a tool "${tool}".`,
        found.nearest.length === 0
          ? ['See what there is: tutti tools']
          : [`Did you mean ${found.nearest.map((name) => `"${name}"`).join(' or ')}?`],
      );
    print(context, options.output, found, () => explanationLines(found, context.stdout));
    if (found.items.length === 0) context.setExitCode(EXIT.notFound);
  });
}
