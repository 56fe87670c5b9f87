// What the catalog keeps over a restart. What each server showed last is this host's own, a cache and no more: without it
// everything is discovered again. The names that were given are the same on all hosts that share a store.

import type { ServerNames } from '../../snapshot/names.ts';
import type { Discovered } from '../../snapshot/observation.ts';

/** Servers that are not declared any more and whose names are kept for their return; the longest gone are dropped. */
export const MAX_RETIRED_SERVERS = 256;

export interface CatalogRecord {
  readonly server: string;
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

/** What other hosts gave and gave up since the last look, by holder. */
export interface GivenNames {
  readonly changed: ReadonlyMap<string, ServerNames>;
  /** They are all that there are: what is not among them was given up. */
  readonly isAll: boolean;
}

export interface NameStore {
  /** All that were given, to whichever host's servers. */
  load(): Promise<ReadonlyMap<string, ServerNames>>;
  /** Keeps what `choose` gives, while nobody else gives any: it sees all that was given before, and may be asked again. */
  give(holder: string, choose: (given: GivenNames) => ServerNames): Promise<ServerNames>;
  /** Gives them up, unless another host has the holder: false then. */
  drop(holder: string): Promise<boolean>;
}
