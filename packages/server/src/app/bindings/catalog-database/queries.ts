// The SQL of the catalog's memory: what servers showed, host by host, and the names that all hosts give.

import type { Generated } from 'kysely';
import type { Queries, ReadQueries } from '../../../store/database.ts';

export interface CatalogTables {
  catalog_discoveries: {
    /** The host that the server showed it to; empty when it was written before there were several. */
    replica: string;
    server: string;
    /** When the host saw it not to be declared any more. */
    retired_at_ms: Generated<number | null>;
    record: string;
  };
  catalog_names: {
    holder: string;
    names: string;
    /** Of the guard of the names, when they were given. */
    version: number;
  };
}

export interface DiscoveryRow {
  readonly server: string;
  readonly record: string;
}

/** The next ones of the host by name after `after`. */
export function readDiscoveries(
  queries: ReadQueries<CatalogTables>,
  { replica, after, limit }: { readonly replica: string; readonly after: string; readonly limit: number },
): Promise<readonly DiscoveryRow[]> {
  return queries
    .selectFrom('catalog_discoveries')
    .select(['server', 'record'])
    .where('replica', '=', replica)
    .where('server', '>', after)
    .orderBy('server')
    .limit(limit)
    .execute();
}

export async function writeDiscovery(
  queries: Queries<CatalogTables>,
  row: DiscoveryRow & { readonly replica: string; readonly retired_at_ms: number | null },
): Promise<void> {
  await queries
    .insertInto('catalog_discoveries')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['replica', 'server']).doUpdateSet((eb) => ({
        retired_at_ms: eb.ref('excluded.retired_at_ms'),
        record: eb.ref('excluded.record'),
      })),
    )
    .execute();
}

export async function deleteDiscovery(
  queries: Queries<CatalogTables>,
  { replica, server }: { readonly replica: string; readonly server: string },
): Promise<void> {
  await queries
    .deleteFrom('catalog_discoveries')
    .where('replica', '=', replica)
    .where('server', '=', server)
    .execute();
}

export async function deleteDiscoveriesOf(queries: Queries<CatalogTables>, replica: string): Promise<void> {
  await queries.deleteFrom('catalog_discoveries').where('replica', '=', replica).execute();
}

/** Takes over what was written before hosts had ids, and tells of which servers that was. */
export async function adoptDiscoveries(
  queries: Queries<CatalogTables>,
  replica: string,
): Promise<ReadonlySet<string>> {
  const rows = await queries
    .updateTable('catalog_discoveries')
    .set({ replica })
    .where('replica', '=', '')
    .returning('server')
    .execute();
  return new Set(rows.map(({ server }) => server));
}

/** Whether any host has the server, and has not seen it go. */
export async function isInUse(queries: ReadQueries<CatalogTables>, server: string): Promise<boolean> {
  const found = await queries
    .selectFrom('catalog_discoveries')
    .select('server')
    .where('server', '=', server)
    .where('retired_at_ms', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** The next ones that were given after a version, in the order in which they were. */
export function readNames(
  queries: ReadQueries<CatalogTables>,
  after: number,
  limit: number,
): Promise<readonly CatalogTables['catalog_names'][]> {
  return queries
    .selectFrom('catalog_names')
    .selectAll()
    .where('version', '>', after)
    .orderBy('version')
    .limit(limit)
    .execute();
}

export async function countNames(queries: ReadQueries<CatalogTables>): Promise<number> {
  const { count } = await queries
    .selectFrom('catalog_names')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

export async function writeNames(
  queries: Queries<CatalogTables>,
  row: CatalogTables['catalog_names'],
): Promise<void> {
  await queries
    .insertInto('catalog_names')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('holder').doUpdateSet((eb) => ({
        names: eb.ref('excluded.names'),
        version: eb.ref('excluded.version'),
      })),
    )
    .execute();
}

export async function deleteNames(queries: Queries<CatalogTables>, holder: string): Promise<void> {
  await queries.deleteFrom('catalog_names').where('holder', '=', holder).execute();
}

/** Those whose holders no host knows any more. */
export async function deleteForgottenNames(queries: Queries<CatalogTables>): Promise<void> {
  await queries
    .deleteFrom('catalog_names')
    .where('holder', 'not in', (eb) => eb.selectFrom('catalog_discoveries').select('server'))
    .execute();
}
