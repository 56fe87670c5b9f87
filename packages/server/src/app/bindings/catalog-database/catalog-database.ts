// The catalog's memory in the store: a row for each server, replaced as a whole. A row that can't be read is as good as
// none.

import type { CatalogRecord, CatalogStore } from '../../../reconcile/mcp-server/catalog-store.ts';
import type { AnyDatabase } from '../../../store/database.ts';
import { describeRecordError, formatRecord, parseRecord } from '../catalog-record.ts';
import { deleteRecord, readRecords, writeRecord, type CatalogTables } from './queries.ts';

/** A larger record is not kept. */
export const MAX_RECORD_CHARS = 64 * 1024 ** 2;
/** Rows that are read at once. */
const PAGE_ROWS = 16;

export interface CatalogDatabaseDeps {
  readonly database: AnyDatabase;
  readonly warn: (message: string) => void;
}

export function createCatalogDatabase({ database, warn }: CatalogDatabaseDeps): CatalogStore {
  const tables = database.over<CatalogTables>();

  function parse({ server, record }: CatalogTables['catalog_records']): readonly CatalogRecord[] {
    try {
      const parsed = parseRecord(record);
      if (parsed.server !== server) throw new Error(`it is about ${parsed.server}`);
      return [parsed];
    } catch (error) {
      warn(
        `cannot use what was known of ${server}, it will be discovered again: ${describeRecordError(error)}`,
      );
      return [];
    }
  }

  return {
    async load() {
      const records: CatalogRecord[] = [];
      let after = '';
      for (;;) {
        const rows = await readRecords(tables.read, after, PAGE_ROWS);
        records.push(...rows.flatMap(parse));
        if (rows.length < PAGE_ROWS) return records;
        after = rows.at(-1)?.server ?? after;
      }
    },

    async save(record) {
      const text = formatRecord(record);
      if (text.length > MAX_RECORD_CHARS)
        throw new Error(`the catalog of ${record.server} is larger than ${MAX_RECORD_CHARS} characters`);
      await tables.transaction((tx) => writeRecord(tx, { server: record.server, record: text }));
    },

    async remove(server) {
      await tables.transaction((tx) => deleteRecord(tx, server));
    },
  };
}
