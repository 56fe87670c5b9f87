// A small catalog for tests: servers that show tools, in families or not, put into a snapshot one change at a time.

import { EMPTY_SNAPSHOT, withEntry, withoutEntry } from '../../src/snapshot/builder.ts';
import { type FamilyNames, withFamilies } from '../../src/snapshot/families.ts';
import { createNameBook, type NameBook } from '../../src/snapshot/names.ts';
import { buildSegment } from '../../src/snapshot/segment.ts';
import type { FamilyMembership, ServerEntry, Snapshot } from '../../src/snapshot/types.ts';
import { anEntry } from '../gateway/entry.ts';
import { found } from './found.ts';

export type Lists = Parameters<typeof found>[0];

export const KUBERNETES: FamilyMembership = {
  name: 'kubernetes',
  prefix: 'kubernetes',
  instanceArg: 'cluster',
  fanOut: false,
};

export function familyNamesOf(book: NameBook): FamilyNames {
  return {
    allocate: (family, prefix, tools) =>
      book.allocate(`family:${family}`, prefix, {
        tools,
        prompts: [],
        resources: [],
        resourceTemplates: [],
      }).given.tools,
    retire: () => undefined,
  };
}

export function createCatalogWorld(first: Snapshot = EMPTY_SNAPSHOT) {
  const book = createNameBook();
  const names = familyNamesOf(book);
  let snapshot = first;
  const move = (next: Snapshot): Snapshot => (snapshot = withFamilies(next, snapshot, names));
  return {
    names,
    get snapshot() {
      return snapshot;
    },
    /** `undefined` lists: nothing is known of it. */
    put(
      server: string,
      lists: Lists | undefined,
      family?: FamilyMembership,
      admission: ServerEntry['admission'] = { kind: 'dial', attempt: 1 },
      /** Tools that are held back. */
      held: readonly string[] = [],
    ): Snapshot {
      const segment =
        lists &&
        buildSegment(
          {
            server,
            transport: 'stdio',
            prefix: server,
            found: found(lists),
            cached: false,
            isAllowed: () => true,
            heldBack: (tool) => (held.includes(tool) ? 'changed' : undefined),
          },
          book,
        ).segment;
      const entry = anEntry({
        name: server,
        admission,
        segment,
        listedOnly: held.length > 0,
        ...(family !== undefined && { family }),
      });
      return move(withEntry(snapshot, entry));
    },
    remove: (server: string): Snapshot => move(withoutEntry(snapshot, server)),
  };
}
