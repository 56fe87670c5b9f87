// `tutti release LEASE`: takes files away from an agent that has leased them.

import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { CliError } from '../report-error.ts';

export function registerRelease(program: Command, context: CliContext): void {
  const command = program
    .command('release')
    .argument('<lease>', 'its id')
    .description('release the files of a lease; its agent is told that it lost them');
  withOutput(withInstance(command)).action(async (id: string, options: OutputOptions & InstanceOptions) => {
    const { client } = await connect(context, options);
    const found = await client.leases.release({ lease_id: id }, { signal: context.signal });
    if (found.released.length === 0)
      throw new CliError(EXIT.notFound, `There is no lease ${id}.`, ['See all: tutti get leases']);
    print(context, options.output, found, () => [`${id} is released.`]);
  });
}
