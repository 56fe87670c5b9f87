// `tutti stdio [PATH]`: MCP over stdin and stdout for clients that start a command. It attaches to the instance that
// runs for the configuration, or starts one in the background.

import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

export function registerStdio(program: Command, context: CliContext): void {
  program
    .command('stdio')
    .argument('[path]', 'a file or folder (tutti.yaml and tutti/ here, else .mcp.json)')
    .description('serve MCP on stdin and stdout, for clients that start a command')
    .option('--set <toolset>', 'only what this toolset shows')
    .option('--state <dir>', 'where state is kept')
    .action(async (path: string | undefined, options: { readonly state?: string; readonly set?: string }) => {
      const { runStdio } = await import('@tutti/server/app');
      await runStdio({
        path,
        set: options.set,
        statePath: options.state ?? context.env['TUTTI_STATE'],
        stdin: context.stdin,
        stdout: context.stdout,
        signal: context.signal,
        self: context.self,
      });
    });
}
