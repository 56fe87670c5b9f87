// A folder of a test's own, with files in it, gone afterwards.

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file in place. */
  write(name: string, text: string): Promise<string>;
}

export async function tempFolder(files: Readonly<Record<string, string>> = {}): Promise<TempFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'tutti-files-')));
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  };
  for (const [name, text] of Object.entries(files)) await write(name, text);
  return { path, write, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A native document. */
export function native(name: string, command = 'x'): string {
  return `apiVersion: tutti.dev/v1alpha1\nkind: MCPServer\nmetadata: {name: ${name}}\nspec: {command: ${command}}\n`;
}

/** Runs something as a user whom permissions bind, whoever runs the tests. */
export async function asOrdinaryUser<T>(run: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.(65_534);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}
