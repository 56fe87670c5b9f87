// Snapshots as values: each change makes a new one, in which every entry that did not change is the very same object.

import type { ServerEntry, Snapshot } from './types.ts';

export const EMPTY_SNAPSHOT: Snapshot = { version: 0, servers: new Map(), families: new Map() };

/** The snapshot with this entry in place of the one of the same name, or added in its place of the order. */
export function withEntry(snapshot: Snapshot, entry: ServerEntry): Snapshot {
  if (snapshot.servers.get(entry.name) === entry) return snapshot;
  const servers = new Map<string, ServerEntry>();
  let placed = false;
  for (const [name, known] of snapshot.servers) {
    if (!placed && entry.name <= name) {
      servers.set(entry.name, entry);
      placed = true;
    }
    if (name !== entry.name) servers.set(name, known);
  }
  if (!placed) servers.set(entry.name, entry);
  return { ...snapshot, version: snapshot.version + 1, servers };
}

export function withoutEntry(snapshot: Snapshot, name: string): Snapshot {
  if (!snapshot.servers.has(name)) return snapshot;
  const servers = new Map(snapshot.servers);
  servers.delete(name);
  return { ...snapshot, version: snapshot.version + 1, servers };
}
