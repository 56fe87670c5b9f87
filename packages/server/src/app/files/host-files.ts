// The files that agents share on this machine, as the Gateway that is in force declares them.

import { randomBytes } from 'node:crypto';
import type { FileSettings } from '@tutti/schemas';
import type { FileSpaces } from '../../coordination/leases/ports.ts';
import type { Leases } from '../../coordination/leases-face.ts';
import type { ResourceStore } from '../../resources/store.ts';
import type { Configuration } from '../configuration.ts';
import { createFileSpaces } from './file-spaces.ts';
import { createSharedFiles, type SharedFiles } from './shared-files.ts';

export interface HostFiles {
  readonly spaces: FileSpaces;
  shared(leases: Pick<Leases, 'write'>): SharedFiles;
}

export interface HostFilesDeps {
  readonly store: Pick<ResourceStore, 'settings'>;
  readonly configuration: Pick<Configuration, 'path' | 'folder'>;
}

export function createHostFiles({ store, configuration: { path, folder } }: HostFilesDeps): HostFiles {
  const settings = (): FileSettings => store.settings().coordination.files;
  const spaces = createFileSpaces({ settings, folder: path === undefined ? undefined : folder });
  return {
    spaces,
    shared: (leases) =>
      createSharedFiles({
        files: spaces,
        settings,
        leases,
        randomName: () => randomBytes(8).toString('hex'),
      }),
  };
}
