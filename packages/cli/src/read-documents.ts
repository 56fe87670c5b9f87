// The text of a file that is named on the command line, or of stdin for `-`.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import type { CliContext } from './context.ts';

export async function readDocuments({ cwd, stdin, signal }: CliContext, file: string): Promise<string> {
  return file === '-'
    ? await readAll(addAbortSignal(signal, stdin))
    : await readFile(resolve(cwd, file), 'utf8');
}
