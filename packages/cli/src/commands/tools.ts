// `tutti tools [QUERY]`: the catalog of the endpoint.

import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { oneLine } from '../output/printable.ts';
import { tableLines } from '../output/table.ts';

const MAX_DESCRIPTION_WIDTH = 80;

export function registerTools(program: Command, context: CliContext): void {
  const tools = program
    .command('tools')
    .argument('[query]', 'only tools whose name or description has it')
    .description('list the tools of all servers');
  withOutput(withInstance(tools)).action(
    async (query: string | undefined, options: OutputOptions & InstanceOptions) => {
      const { client } = await connect(context, options);
      const items = await client.tools(query, { signal: context.signal });
      print(context, options.output, { items }, () => {
        if (items.length === 0) return [query === undefined ? 'There are no tools.' : 'No tool matches.'];
        return tableLines(
          ['TOOL', 'SERVER', 'DESCRIPTION'],
          items.map((tool) => [
            tool.exposedName,
            tool.server,
            oneLine(tool.description ?? tool.title ?? '', MAX_DESCRIPTION_WIDTH),
          ]),
        );
      });
    },
  );
}
