// Which configuration a host is for.

import { resolve } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import { discoverPath } from '../sources/files/project.ts';
import type { Environment } from './environment.ts';

/** The path given, else TUTTI_CONFIG, else what stands in the working directory. */
export function findConfiguration(
  given: string | undefined,
  { configPath }: Pick<Environment, 'configPath'>,
): string {
  const named = given ?? configPath;
  const found = named === undefined ? discoverPath(process.cwd()) : resolve(named);
  if (found === undefined)
    throw new AppError(
      'invalid_config',
      'there is no tutti.yaml, tutti/ or .mcp.json here; write one with `tutti init`, or name a path',
    );
  return found;
}
