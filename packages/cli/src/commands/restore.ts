// `tutti restore FILE`: fills a store that nobody uses with a backup.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { findState, withState, type StateOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { count } from '../output/words.ts';

interface RestoreOptions extends OutputOptions, StateOptions {
  readonly to?: string;
  readonly replace?: true;
}

export function registerRestore(program: Command, context: CliContext): void {
  const restore = program
    .command('restore')
    .argument('<file>', 'what `tutti backup` wrote')
    .description('fill a store that nobody uses with a backup')
    .option('--to <url>', 'the store: sqlite:PATH or postgres://… (TUTTI_STORE; the one of the state folder)')
    .option('--replace', 'put it in the place of what the store holds, which is kept beside it');
  withOutput(withState(restore)).action(async (name: string, options: RestoreOptions) => {
    const { restoreStore } = await import('@tutti/server/app');
    const place = { statePath: await findState(context, options), store: options.to };
    const file = resolve(context.cwd, name);
    const restored = await restoreStore(place, { file, replace: options.replace ?? false });
    const { store, rows, tables, kept } = restored;
    print(context, options.output, { file, ...restored }, () => [
      `${store}: ${count(rows, 'row')} of ${count(tables, 'table')}`,
      ...(kept === undefined ? [] : [`What was there before is in ${kept}.`]),
    ]);
  });
}
