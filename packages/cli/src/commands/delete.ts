// `tutti delete KIND NAME`: takes back what was declared over the API.

import type { ApiResourceKind } from '@tutti/schemas';
import { Argument, type Command } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';

const KINDS: Readonly<Record<string, ApiResourceKind>> = {
  server: 'MCPServer',
  mcpserver: 'MCPServer',
  toolset: 'Toolset',
};

export function registerDelete(program: Command, context: CliContext): void {
  const command = program
    .command('delete')
    .addArgument(new Argument('<kind>').choices(Object.keys(KINDS)))
    .argument('<name>')
    .description('take back what was declared with apply');
  withOutput(withInstance(command)).action(
    async (given: string, name: string, options: OutputOptions & InstanceOptions) => {
      const kind = KINDS[given] ?? 'MCPServer';
      const { client } = await connect(context, options);
      await client.delete(kind, name, { signal: context.signal });
      print(context, options.output, { kind, name, change: 'deleted' }, () => [
        `${kind.toLowerCase()}/${name} deleted`,
      ]);
    },
  );
}
