// Every process that Tutti starts carries a tag in its environment, which its descendants inherit. It says which state
// folder (guarded by the owner lock), which run of Tutti and which process it belongs to, so that each can be swept:
//   TUTTI_OWNER=<state>-<run>/<process>
// A Tutti that is itself such a process adds its own tags behind the one it has: `outer:inner`.

import { createHash } from 'node:crypto';

export const OWNER_VARIABLE = 'TUTTI_OWNER';
const SEPARATOR = ':';

export interface OwnerId {
  readonly state: string;
  readonly run: string;
}

/** What tells one folder from every other that exists at the same time, also across containers with equal paths. */
export interface FolderIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly birthtimeNs: bigint;
}

/** `nonce` is new for each start of Tutti; letters and digits. */
export function createOwnerId(stateDir: FolderIdentity, nonce: string): OwnerId {
  const identity = `${stateDir.dev}:${stateDir.ino}:${stateDir.birthtimeNs}`;
  return { state: createHash('sha256').update(identity).digest('hex').slice(0, 16), run: nonce };
}

/** How the tags of all processes of the state folder begin, of whatever run. */
export const statePrefix = (owner: OwnerId): string => `${owner.state}-`;
/** How the tags of all processes of this run begin. */
export const runPrefix = (owner: OwnerId): string => `${owner.state}-${owner.run}/`;
/** The tag of one process and its descendants. */
export const processTag = (owner: OwnerId, sequence: number): string => `${runPrefix(owner)}${sequence}`;

export function withTag(inherited: string | undefined, tag: string): string {
  return inherited === undefined || inherited === '' ? tag : `${inherited}${SEPARATOR}${tag}`;
}

export function tagsOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : value.split(SEPARATOR);
}
