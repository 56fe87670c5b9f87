// What the catalog keeps over a restart: what each server showed last, and the names given to it. A cache and no more:
// without it everything is discovered again, only names that two servers claim might be given otherwise.

import type { ServerNames } from '../../snapshot/names.ts';
import type { Discovered } from '../../snapshot/observation.ts';

/** Servers that are not declared any more and whose names are kept for their return; the longest gone are dropped. */
export const MAX_RETIRED_SERVERS = 256;

export interface CatalogRecord {
  readonly server: string;
  readonly names: ServerNames;
  /** Undefined once the server is retired. */
  readonly discovery: { readonly configDigest: string; readonly found: Discovered } | undefined;
  /** When it was last seen not to be declared any more. */
  readonly retiredAtMs: number | undefined;
}

export interface CatalogStore {
  /** All that can be read; what can't be is left out with a warning. */
  load(): Promise<readonly CatalogRecord[]>;
  /** Resolves when the record is safe on disk. */
  save(record: CatalogRecord): Promise<void>;
  remove(server: string): Promise<void>;
}
