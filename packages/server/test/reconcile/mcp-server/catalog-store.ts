// The catalog's memory in a real store, for tests of the control plane.

import { join } from 'node:path';
import { createCatalogDatabase } from '../../../src/app/bindings/catalog-database/catalog-database.ts';
import { createNamesDatabase } from '../../../src/app/bindings/catalog-database/names-database.ts';
import { CATALOG_MIGRATIONS } from '../../../src/app/bindings/catalog-database/migrations.ts';
import type { CatalogTables } from '../../../src/app/bindings/catalog-database/queries.ts';
import { PIN_MIGRATIONS } from '../../../src/app/bindings/pins-database/migrations.ts';
import { createPinsDatabase } from '../../../src/app/bindings/pins-database/pins-database.ts';
import type { CatalogStore, NameStore } from '../../../src/reconcile/mcp-server/catalog-store.ts';
import type { PinStore } from '../../../src/reconcile/mcp-server/pins/pin-store.ts';
import { openDatabase } from '../../../src/store/open-database.ts';

export interface TestCatalogStore extends CatalogStore, AsyncDisposable {
  /** What is approved, in the same store. */
  readonly pins: PinStore;
  readonly names: NameStore;
  /** What is kept, as text, by server. */
  texts(): Promise<Readonly<Record<string, string>>>;
  /** Puts a text in the place of what is kept. */
  spoil(server: string, record: string): Promise<void>;
}

export async function openTestCatalog(
  folder: string,
  warn: (message: string) => void = () => undefined,
): Promise<TestCatalogStore> {
  const url = `sqlite:${join(folder, 'tutti.db')}`;
  const migrations = [CATALOG_MIGRATIONS, PIN_MIGRATIONS];
  const database = (await openDatabase(url, { migrations })).over<CatalogTables>();
  return {
    ...createCatalogDatabase({ database, replica: 'here', warn }),
    names: createNamesDatabase({ database, warn }),
    pins: createPinsDatabase(database),
    async texts() {
      const rows = await database.read.selectFrom('catalog_discoveries').selectAll().execute();
      return Object.fromEntries(rows.map(({ server, record }) => [server, record]));
    },
    async spoil(server, record) {
      await database.transaction((tx) =>
        tx.updateTable('catalog_discoveries').set({ record }).where('server', '=', server).execute(),
      );
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
