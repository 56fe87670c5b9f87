// The SQL of the catalog's memory.

import type { Queries, ReadQueries } from '../../../store/database.ts';

export interface CatalogTables {
  catalog_records: { server: string; record: string };
}

/** The next ones by name after `after`. */
export function readRecords(
  queries: ReadQueries<CatalogTables>,
  after: string,
  limit: number,
): Promise<readonly CatalogTables['catalog_records'][]> {
  return queries
    .selectFrom('catalog_records')
    .select(['server', 'record'])
    .where('server', '>', after)
    .orderBy('server')
    .limit(limit)
    .execute();
}

export async function writeRecord(
  queries: Queries<CatalogTables>,
  row: CatalogTables['catalog_records'],
): Promise<void> {
  await queries
    .insertInto('catalog_records')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('server').doUpdateSet((eb) => ({ record: eb.ref('excluded.record') })),
    )
    .execute();
}

export async function deleteRecord(queries: Queries<CatalogTables>, server: string): Promise<void> {
  await queries.deleteFrom('catalog_records').where('server', '=', server).execute();
}
