// Where the declarations are that a command works on, and how places in them read.

import { isAbsolute, relative, resolve } from 'node:path';
import type { ApiProblem } from '@tutti/schemas';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { CliError } from './report-error.ts';

/** The path given, else TUTTI_CONFIG, else what is here; undefined when there is nothing. */
export async function findDeclarations(context: CliContext, given?: string): Promise<string | undefined> {
  const named = given ?? (context.env['TUTTI_CONFIG'] || undefined);
  if (named !== undefined) return resolve(context.cwd, named);
  const { discoverPath } = await import('@tutti/server/instances');
  return discoverPath(context.cwd);
}

export async function requireDeclarations(context: CliContext, given?: string): Promise<string> {
  const path = await findDeclarations(context, given);
  if (path !== undefined) return path;
  throw new CliError(EXIT.usage, 'There is no tutti.yaml, tutti/ or .mcp.json in this folder.', [
    'Write one with: tutti init',
    'Or name a file or folder.',
  ]);
}

/** Writes declarations into tutti/, and says so when they take the place of a file that was read here so far. */
export async function declareHere(
  context: CliContext,
  write: () => Promise<void>,
  takenOver: readonly string[] = [],
): Promise<void> {
  const before = await findDeclarations(context);
  await write();
  const after = await findDeclarations(context);
  if (before === undefined || before === after || takenOver.includes(before)) return;
  context.stderr.write(
    `note: from its next start "tutti up" reads tutti/ here and ${pathFromHere(context, before)} no more. Take its servers over with: tutti import ${pathFromHere(context, before)}\n`,
  );
}

/** The problem with its path as one would type it here. */
export function fromHere(context: CliContext, problem: ApiProblem): ApiProblem {
  return { ...problem, path: pathFromHere(context, problem.path) };
}

export function pathFromHere(context: CliContext, path: string): string {
  const here = relative(context.cwd, path);
  return here === '' || here.startsWith('..') || isAbsolute(here) ? path : here;
}
