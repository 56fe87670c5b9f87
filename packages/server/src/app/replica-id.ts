// Which host this is among those that share a store: an id that is made once for a state folder, and kept in it.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import { writeStateFile } from './state-file.ts';

const FILE = 'replica';
const ID = /^[0-9a-f]{16}$/;

/** Only for the holder of the owner lock. */
export async function ensureReplicaId(statePath: string): Promise<string> {
  const path = join(statePath, FILE);
  const known = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  const id = known?.trim();
  if (id !== undefined && ID.test(id)) return id;
  // A new id would leave behind what is kept under the old one.
  if (id !== undefined)
    throw new AppError(
      'invalid_config',
      `${path} does not hold the 16 characters that tell this host from others; put them back from a backup, or remove the file to have it start as a new host`,
    );
  const fresh = randomBytes(8).toString('hex');
  await writeStateFile(path, `${fresh}\n`);
  return fresh;
}
