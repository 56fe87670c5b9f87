// Writes a file that must not be there yet. Nothing of the user's is ever overwritten.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EXIT } from './exit-codes.ts';
import { CliError } from './report-error.ts';

export async function writeNewFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    throw new CliError(EXIT.refused, `${path} is there already and was not changed.`, [
      'Edit it, or choose another name.',
    ]);
  }
}
