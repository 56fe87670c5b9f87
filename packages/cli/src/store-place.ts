// Which store a command is about: that of the configuration here, of a state folder, or of the environment.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { resolveState } from './instance.ts';

export interface StateOptions {
  readonly state?: string;
}

export function withState(command: Command): Command {
  return command.option('--state <dir>', 'the state folder (TUTTI_STATE; that of the declarations here)');
}

export async function findState(context: CliContext, { state }: StateOptions): Promise<string> {
  return state === undefined ? await resolveState(context) : resolve(context.cwd, state);
}
