// `tutti restart NAME`: ends a server's process or connection and starts it anew.

import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { explainMissingServer } from '../missing-server.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';

export function registerRestart(program: Command, context: CliContext): void {
  const restart = program.command('restart').argument('<name>', 'the server').description('restart a server');
  withOutput(withInstance(restart)).action(async (name: string, options: OutputOptions & InstanceOptions) => {
    const { client } = await connect(context, options);
    const server = await explainMissingServer(client, name, () =>
      client.restart(name, { signal: context.signal }),
    );
    const { state, reason } = server.status;
    const isBlocked = state === 'Blocked';
    print(context, options.output, server, () => [
      isBlocked
        ? `${name} is blocked, and does not run: ${reason ?? `see tutti describe server ${name}`}.`
        : `Restarting ${name}. Watch it with: tutti logs ${name} -f`,
    ]);
    if (isBlocked) context.setExitCode(EXIT.failed);
  });
}
