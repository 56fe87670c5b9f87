// `tutti copy URL`: all that a store holds into another one, of the other kind too. Nobody may use them meanwhile.

import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { findState, withState, type StateOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { count } from '../output/words.ts';

interface CopyOptions extends OutputOptions, StateOptions {
  readonly from?: string;
}

export function registerCopy(program: Command, context: CliContext): void {
  const copy = program
    .command('copy')
    .argument('<url>', 'an empty store: postgres://… or sqlite:PATH')
    .description('copy the store into another one, to move to PostgreSQL')
    .option('--from <url>', 'the store to copy (TUTTI_STORE; the one of the state folder)');
  withOutput(withState(copy)).action(async (url: string, options: CopyOptions) => {
    const { copyStoreTo } = await import('@tutti/server/app');
    const place = { statePath: await findState(context, options), store: options.from };
    const copied = await copyStoreTo(place, url);
    print(context, options.output, copied, () => [
      `${copied.store}: ${count(copied.rows, 'row')} of ${count(copied.tables, 'table')}`,
      'Start Tutti on it by setting TUTTI_STORE.',
    ]);
  });
}
