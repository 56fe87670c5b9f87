// The names that all hosts give, in the store: a row for each holder. The guard `names` lets one host give at a time, and
// numbers what was given, so that each host reads what the others gave since it looked last. That others gave something up
// shows in the number of rows; all of them are read again then.

import type { GivenNames, NameStore } from '../../../reconcile/mcp-server/catalog-store.ts';
import type { ServerNames } from '../../../snapshot/names.ts';
import type { AnyDatabase, ReadQueries } from '../../../store/database.ts';
import { takeGuard } from '../../../store/guard.ts';
import { describeRecordError, formatNames, parseNames } from '../catalog-record.ts';
import { countNames, deleteNames, isInUse, readNames, writeNames, type CatalogTables } from './queries.ts';

const GUARD = 'names';
/** Rows that are read at once. */
const PAGE_ROWS = 100;
/** Those of a server with thousands of tools take a moment. */
const GIVE_LIMIT_MS = 15_000;

export interface NamesDatabaseDeps {
  readonly database: AnyDatabase;
  readonly warn: (message: string) => void;
}

export function createNamesDatabase({ database, warn }: NamesDatabaseDeps): NameStore {
  const tables = database.over<CatalogTables>();
  /** What is known of the rows, up to which version. */
  const holders = new Set<string>();
  let known = 0;

  function parse({ holder, names }: CatalogTables['catalog_names']): readonly [string, ServerNames][] {
    try {
      return [[holder, parseNames(names)]];
    } catch (error) {
      warn(`cannot use the names of ${holder}, they are given anew: ${describeRecordError(error)}`);
      return [];
    }
  }

  async function readAfter(
    queries: ReadQueries<CatalogTables>,
    after: number,
  ): Promise<Map<string, ServerNames>> {
    const found = new Map<string, ServerNames>();
    for (let last = after; ;) {
      const rows = await readNames(queries, last, PAGE_ROWS);
      for (const row of rows) {
        holders.add(row.holder);
        for (const [holder, names] of parse(row)) found.set(holder, names);
      }
      last = rows.at(-1)?.version ?? last;
      known = Math.max(known, last);
      if (rows.length < PAGE_ROWS) return found;
    }
  }

  async function readAll(queries: ReadQueries<CatalogTables>): Promise<Map<string, ServerNames>> {
    holders.clear();
    known = 0;
    return await readAfter(queries, 0);
  }

  /** What others did, while nobody does anything more. */
  async function readGiven(queries: ReadQueries<CatalogTables>): Promise<GivenNames> {
    const changed = await readAfter(queries, known);
    if (holders.size === (await countNames(queries))) return { changed, isAll: false };
    return { changed: await readAll(queries), isAll: true };
  }

  return {
    load: () => readAll(tables.read),

    async give(holder, choose) {
      const [names, version] = await tables.transaction(
        async (tx) => {
          const next = await takeGuard(tx, GUARD);
          const chosen = choose(await readGiven(tx));
          await writeNames(tx, { holder, names: formatNames(chosen), version: next });
          return [chosen, next] as const;
        },
        { limitMs: GIVE_LIMIT_MS },
      );
      holders.add(holder);
      known = Math.max(known, version);
      return names;
    },

    async drop(holder) {
      const isDropped = await tables.transaction(async (tx) => {
        await takeGuard(tx, GUARD);
        if (await isInUse(tx, holder)) return false;
        await deleteNames(tx, holder);
        return true;
      });
      if (isDropped) holders.delete(holder);
      return isDropped;
    },
  };
}
