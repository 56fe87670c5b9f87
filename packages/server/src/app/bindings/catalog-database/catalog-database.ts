// The catalog's memory in the store: what servers showed to this host, a row for each server, replaced as a whole. A row
// that can't be read is as good as none.

import type { CatalogRecord, CatalogStore } from '../../../reconcile/mcp-server/catalog-store.ts';
import type { AnyDatabase, Transaction } from '../../../store/database.ts';
import { takeGuard } from '../../../store/guard.ts';
import type { ForgetReplica } from '../../../store/replicas.ts';
import {
  describeRecordError,
  formatNames,
  formatRecord,
  parseRecord,
  type ParsedRecord,
} from '../catalog-record.ts';
import {
  adoptDiscoveries,
  deleteDiscoveriesOf,
  deleteDiscovery,
  deleteForgottenNames,
  readDiscoveries,
  writeDiscovery,
  writeNames,
  type CatalogTables,
  type DiscoveryRow,
} from './queries.ts';

/** A larger record is not kept. */
export const MAX_RECORD_CHARS = 64 * 1024 ** 2;
/** Rows that are read at once. */
const PAGE_ROWS = 16;
const NAMES_GUARD = 'names';

export interface CatalogDatabaseDeps {
  readonly database: AnyDatabase;
  /** This host's id. */
  readonly replica: string;
  readonly warn: (message: string) => void;
}

export function createCatalogDatabase({ database, replica, warn }: CatalogDatabaseDeps): CatalogStore {
  const tables = database.over<CatalogTables>();

  function parse({ server, record }: DiscoveryRow): readonly ParsedRecord[] {
    try {
      const parsed = parseRecord(record);
      if (parsed.record.server !== server) throw new Error(`it is about ${parsed.record.server}`);
      return [parsed];
    } catch (error) {
      warn(
        `cannot use what was known of ${server}, it will be discovered again: ${describeRecordError(error)}`,
      );
      return [];
    }
  }

  /** What was written before hosts had ids is ours from now on, and its names are everybody's. */
  async function adopt(adopted: ReadonlySet<string>, parsed: readonly ParsedRecord[]): Promise<void> {
    const earlier = parsed.filter(({ record }) => adopted.has(record.server));
    for (const { record, names } of earlier)
      await tables.transaction(async (tx) => {
        await save(tx, record);
        if (names === undefined) return;
        const version = await takeGuard(tx, NAMES_GUARD);
        await writeNames(tx, { holder: record.server, names: formatNames(names), version });
      });
  }

  async function save(tx: Transaction<CatalogTables>, record: CatalogRecord): Promise<void> {
    const { server, retiredAtMs } = record;
    const text = formatRecord(record);
    if (text.length > MAX_RECORD_CHARS)
      throw new Error(`the catalog of ${server} is larger than ${MAX_RECORD_CHARS} characters`);
    await writeDiscovery(tx, { replica, server, record: text, retired_at_ms: retiredAtMs ?? null });
  }

  return {
    async load() {
      const adopted = await tables.transaction((tx) => adoptDiscoveries(tx, replica));
      const found: ParsedRecord[] = [];
      for (let after = ''; ;) {
        const rows = await readDiscoveries(tables.read, { replica, after, limit: PAGE_ROWS });
        found.push(...rows.flatMap(parse));
        if (rows.length < PAGE_ROWS) break;
        after = rows.at(-1)?.server ?? after;
      }
      await adopt(adopted, found);
      return found.map(({ record }) => record);
    },

    async save(record) {
      await tables.transaction((tx) => save(tx, record));
    },

    async remove(server) {
      await tables.transaction((tx) => deleteDiscovery(tx, { replica, server }));
    },
  };
}

/** What servers showed to a host that is gone for good, and the names that only it knew. */
export const forgetDiscoveries: ForgetReplica = async (tx, replica) => {
  const tables = tx.over<CatalogTables>();
  await takeGuard(tx, NAMES_GUARD);
  await deleteDiscoveriesOf(tables, replica);
  await deleteForgottenNames(tables);
};
