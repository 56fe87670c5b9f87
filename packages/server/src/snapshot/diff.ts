// What changed between two snapshots, as far as clients can see it. Pure. Unchanged servers cost one comparison.

import type { JsonBytes, ServerEntry, Snapshot } from './types.ts';

export interface ServerDiff {
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly toolsChanged: boolean;
  readonly promptsChanged: boolean;
  /** Resources or their templates. */
  readonly resourcesChanged: boolean;
}

/** The servers that differ, sorted by name within kept and within removed ones. */
export function diffSnapshots(previous: Snapshot, next: Snapshot): readonly ServerDiff[] {
  const diffs: ServerDiff[] = [];
  for (const [name, entry] of next.servers) {
    const known = previous.servers.get(name);
    if (known !== entry) diffs.push(diffOf(name, known, entry));
  }
  for (const [name, entry] of previous.servers) {
    if (!next.servers.has(name)) diffs.push(diffOf(name, entry, undefined));
  }
  return diffs;
}

function diffOf(name: string, before: ServerEntry | undefined, after: ServerEntry | undefined): ServerDiff {
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const [was, is] = [before?.segment, after?.segment];
  if (was === is || was?.digest === is?.digest)
    return { name, change, toolsChanged: false, promptsChanged: false, resourcesChanged: false };
  const differ = (list: 'tools' | 'prompts' | 'resources' | 'resourceTemplates'): boolean =>
    !sameItems(was?.[list] ?? [], is?.[list] ?? []);
  return {
    name,
    change,
    toolsChanged: differ('tools'),
    promptsChanged: differ('prompts'),
    resourcesChanged: differ('resources') || differ('resourceTemplates'),
  };
}

type Items = readonly { readonly bytes: JsonBytes; readonly exposedBytes: JsonBytes }[];

function sameItems(was: Items, is: Items): boolean {
  return (
    was.length === is.length && was.every((item, index) => is[index]?.exposedBytes.equals(item.exposedBytes))
  );
}
