// Tutti as it is shipped: the emitted packages, laid out as an installation lays them out, without the TypeScript source.

import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { benchFile } from './bare.ts';
import { SOURCE_BIN } from './tutti.ts';

export interface Bins {
  readonly source: string;
  /** Undefined before `npm run build`. */
  readonly emitted: string | undefined;
}

const ROOT_MODULES = benchFile('../node_modules');
const PACKAGES = benchFile('../packages');
/** Package folder → where it is installed. */
const SHIPPED = new Map([
  ['cli', 'tutti'],
  ['schemas', '@tutti/schemas'],
  ['sdk', '@tutti/sdk'],
  ['server', '@tutti/server'],
  ['wire', '@tutti/wire'],
]);

export async function findBins(folder: string): Promise<Bins> {
  if (!existsSync(join(PACKAGES, 'cli/dist'))) return { source: SOURCE_BIN, emitted: undefined };
  const modules = join(folder, 'installed', 'node_modules');
  await rm(modules, { recursive: true, force: true });
  await mkdir(join(modules, '@tutti'), { recursive: true });
  for (const [name, place] of SHIPPED) {
    for (const part of ['package.json', 'dist', 'bin']) {
      const from = join(PACKAGES, name, part);
      if (existsSync(from)) await cp(from, join(modules, place, part), { recursive: true });
    }
  }
  const ours = new Set(['tutti', '@tutti']);
  for (const name of await readdir(ROOT_MODULES)) {
    if (!ours.has(name) && !name.startsWith('.'))
      await symlink(join(ROOT_MODULES, name), join(modules, name));
  }
  return { source: SOURCE_BIN, emitted: join(modules, 'tutti/bin/tutti.js') };
}
