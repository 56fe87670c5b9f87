// The key that signs what clients carry for Tutti: ids of sessions, handles of tasks, states of questions. It stays the
// same over restarts, in a file of its own that only its owner can read, and so in no backup of the store.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeStateFile } from './state-file.ts';

const KEY_BYTES = 32;

/** Only for the holder of the owner lock. A file that holds no key is replaced: what was signed with it is refused. */
export async function ensureGatewayKey(
  statePath: string,
  warn: (message: string, cause?: unknown) => void,
): Promise<Buffer> {
  const path = join(statePath, 'gateway.key');
  const known = await readFile(path).catch((error: unknown) => {
    if (!isMissing(error))
      warn(`cannot read ${path}; a new key is made, and clients initialize again`, error);
    return undefined;
  });
  if (known?.length === KEY_BYTES) return known;
  if (known !== undefined) warn(`${path} holds no key; a new one is made, and clients initialize again`);
  const key = randomBytes(KEY_BYTES);
  await writeStateFile(path, key);
  return key;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
