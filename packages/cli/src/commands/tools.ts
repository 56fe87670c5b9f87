// `tutti tools [QUERY]`: the catalog of the endpoint.

import type { ApiTool } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { explainMissingServer } from '../missing-server.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { oneLine } from '../output/printable.ts';
import { tableLines } from '../output/table.ts';
import { CliError } from '../report-error.ts';
import { unknownToolsHint } from '../unknown-tools.ts';

interface ToolsOptions {
  readonly server?: string;
  readonly discover?: boolean;
  readonly set?: string;
}

const MAX_DESCRIPTION_WIDTH = 80;

export function registerTools(program: Command, context: CliContext): void {
  const tools = program
    .command('tools')
    .argument('[query]', 'only tools whose name or description has it')
    .option('--server <name>', 'only tools of this server, also those that are not in the catalog now')
    .option('--set <name>', 'only what this toolset shows, under its names')
    .option('--discover', 'with --server: look first, and start the server for a while when it does not run')
    .description('list the tools of all servers');
  withOutput(withInstance(tools)).action(
    async (query: string | undefined, options: ToolsOptions & OutputOptions & InstanceOptions) => {
      const { server, discover, set } = options;
      if (server !== undefined && set !== undefined)
        throw new CliError(EXIT.usage, 'Give --server or --set, not both.');
      if (discover === true && server === undefined)
        throw new CliError(EXIT.usage, '--discover needs --server NAME: the server to look at.');
      const { client } = await connect(context, options);
      const { signal } = context;
      const list = async (): Promise<ApiTool[]> => {
        if (discover === true && server !== undefined) await client.discover(server, { signal });
        return await client.tools({ query, server, set, signal });
      };
      const items = await (server === undefined ? list() : explainMissingServer(client, server, list));
      const hint =
        items.length > 0 || set !== undefined
          ? undefined
          : unknownToolsHint(
              (await client.servers({ signal })).filter(
                ({ name }) => server === undefined || name === server,
              ),
            );
      print(context, options.output, { items }, () => {
        if (items.length === 0)
          return [
            query === undefined ? 'There are no tools.' : 'No tool matches.',
            ...(hint === undefined ? [] : [hint]),
          ];
        return tableLines(
          ['TOOL', 'SERVER', 'DESCRIPTION'],
          items.map((tool) => [
            tool.exposedName,
            tool.server,
            oneLine(`${flag(tool)}${tool.description ?? tool.title ?? ''}`, MAX_DESCRIPTION_WIDTH),
          ]),
        );
      });
    },
  );
}

/** A tool that is not as it was approved, and is listed all the same. */
function flag({ pin }: ApiTool): string {
  if (pin === undefined) return '';
  return pin === 'changed' ? '[changed] ' : '[new] ';
}
