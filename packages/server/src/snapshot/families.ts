// The families of a snapshot. A change of one server costs the families that it is or was in, and no other.

import { withEntry } from './builder.ts';
import { buildFamily, type FamilyMember } from './family.ts';
import type { Family, ServerEntry, Snapshot } from './types.ts';

/** Who remembers the names of families' tools. */
export interface FamilyNames {
  /** Allocates what is missing; exposed names by the tools' own ones. */
  allocate(family: string, prefix: string, tools: readonly string[]): ReadonlyMap<string, string>;
  /** No server is in the family any more. */
  retire(family: string): void;
}

/** `next` with its families as they are now; `previous` has those of before. */
export function withFamilies(next: Snapshot, previous: Snapshot, names: FamilyNames): Snapshot {
  const affected = affectedFamilies(next, previous);
  if (affected.size === 0)
    return next.families === previous.families ? next : { ...next, families: previous.families };
  const members = new Map<string, FamilyMember[]>();
  for (const [server, { family, admission, segment }] of next.servers) {
    if (family === undefined || !affected.has(family.name)) continue;
    // Suspended is out: what it declares divides nobody.
    if (admission.kind === 'hold' && admission.state === 'Suspended') continue;
    const found = members.get(family.name) ?? [];
    members.set(family.name, found);
    found.push({ server, membership: family, segment });
  }
  const families = new Map<string, Family>();
  for (const [name, family] of previous.families) if (!affected.has(name)) families.set(name, family);
  for (const name of affected) {
    const family = buildFamily(name, members.get(name) ?? [], (prefix, tools) =>
      names.allocate(name, prefix, tools),
    );
    if (family === undefined) names.retire(name);
    else families.set(name, family);
  }
  return { ...next, families: new Map([...families].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** The same servers, one of them as another object, so that its family is made anew: its names are others. */
export function withFamilyAnew(current: Snapshot, family: string): Snapshot {
  for (const entry of current.servers.values())
    if (entry.family?.name === family && entry.segment !== undefined)
      return withEntry(current, { ...entry, segment: { ...entry.segment } });
  return current;
}

function affectedFamilies(next: Snapshot, previous: Snapshot): ReadonlySet<string> {
  const affected = new Set<string>();
  const touch = (before: ServerEntry | undefined, after: ServerEntry | undefined): void => {
    if (before === after || isSameMember(before, after)) return;
    for (const entry of [before, after]) if (entry?.family !== undefined) affected.add(entry.family.name);
  };
  for (const [name, entry] of next.servers) touch(previous.servers.get(name), entry);
  for (const [name, entry] of previous.servers) if (!next.servers.has(name)) touch(entry, undefined);
  return affected;
}

function isSameMember(before: ServerEntry | undefined, after: ServerEntry | undefined): boolean {
  const [one, other] = [before?.family, after?.family];
  return (
    before?.segment === after?.segment &&
    isSuspended(before) === isSuspended(after) &&
    one?.name === other?.name &&
    one?.prefix === other?.prefix &&
    one?.instanceArg === other?.instanceArg &&
    one?.fanOut === other?.fanOut
  );
}

function isSuspended(entry: ServerEntry | undefined): boolean {
  return entry?.admission.kind === 'hold' && entry.admission.state === 'Suspended';
}
