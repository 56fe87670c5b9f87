// Which lists of a view are not what they were. Pure.

import type { ListKind } from '../protocol/methods.ts';
import type { Group } from './view.ts';

/** Lists as they are announced: templates change with resources. */
export type AnnouncedList = Exclude<ListKind, 'resourceTemplates'>;
export type ChangedLists = ReadonlySet<AnnouncedList>;

const LISTS = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const;

/** `before` and `after` hold the same groups at the same places. */
export function changedLists(
  before: readonly (Group | undefined)[],
  after: readonly (Group | undefined)[],
): ChangedLists {
  const changed = new Set<AnnouncedList>();
  for (const [index, was] of before.entries()) {
    const is = after[index];
    if (was === is) continue;
    for (const list of LISTS)
      if (!sameItems(was?.[list] ?? [], is?.[list] ?? []))
        changed.add(list === 'resourceTemplates' ? 'resources' : list);
  }
  return changed;
}

type Items = readonly { readonly exposedBytes: Buffer }[];

function sameItems(was: Items, is: Items): boolean {
  if (was === is) return true;
  return (
    was.length === is.length && was.every((item, index) => is[index]?.exposedBytes.equals(item.exposedBytes))
  );
}
