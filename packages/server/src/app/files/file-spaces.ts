// The spaces of leases on this machine: the roots that the Gateway declares; without any, the folder of the configuration.

import { stat } from 'node:fs/promises';
import type { FileSettings } from '@tutti/schemas';
import { DEFAULT_SPACE, type FileSpaces } from '../../coordination/leases/ports.ts';
import { followLinks, openRoot } from './follow-links.ts';

export interface FileSpacesDeps {
  /** As they are declared now. */
  readonly settings: () => FileSettings;
  /** Of the configuration; undefined where it is not on this machine. */
  readonly folder: string | undefined;
}

export function createFileSpaces({ settings, folder }: FileSpacesDeps): FileSpaces {
  const isDeclared = (name: string): boolean => settings().roots.some((root) => root.name === name);

  return {
    list() {
      const { roots } = settings();
      if (roots.length === 0) return [{ name: DEFAULT_SPACE, root: folder }];
      return roots.map(({ name, path }) => ({ name, root: path }));
    },
    async follow({ name, root }, path) {
      if (root === undefined) return path;
      // What is not declared to be there may be somewhere else.
      if (!isDeclared(name) && !(await isFolder(root))) return path;
      return (await followLinks(await openRoot(root), path)).path;
    },
  };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
