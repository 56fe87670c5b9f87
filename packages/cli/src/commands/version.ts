// `tutti version`: of this program, and of the instance when one runs.

import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { readVersion } from '../version.ts';

export function registerVersion(program: Command, context: CliContext): void {
  const version = program.command('version').description('print the version');
  withOutput(version).action((options: OutputOptions) => {
    const versions = { tutti: readVersion(), node: process.versions.node };
    print(context, options.output, versions, () => [`tutti ${versions.tutti} (Node ${versions.node})`]);
  });
}
