import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { createCatalogDatabase } from '../../../src/app/bindings/catalog-database/catalog-database.ts';
import { CATALOG_MIGRATIONS } from '../../../src/app/bindings/catalog-database/migrations.ts';
import type { CatalogTables } from '../../../src/app/bindings/catalog-database/queries.ts';
import type { CatalogRecord } from '../../../src/reconcile/mcp-server/catalog-store.ts';
import { found, tools } from '../../snapshot/found.ts';
import { closeStoresAfterTests, openTest, stores } from '../../store/support/stores.ts';

closeStoresAfterTests();

function record(server: string, lists: Parameters<typeof found>[0] = {}): CatalogRecord {
  return {
    server,
    discovery: {
      configDigest: 'digest',
      found: found(lists, { instructions: 'use\u2028well, \0 and \ud800 too' }),
    },
    retiredAtMs: undefined,
  };
}

describe.each(stores)('the catalog on $name', ({ freshUrl }) => {
  async function openCatalog(url: string) {
    const database = await openTest(url, { migrations: [CATALOG_MIGRATIONS] });
    const warnings: string[] = [];
    const store = createCatalogDatabase({
      database,
      replica: 'here',
      warn: (message) => warnings.push(message),
    });
    return { database: database.over<CatalogTables>(), store, warnings };
  }

  test('what was saved is loaded byte for byte, in order, after a restart', async () => {
    verifies('CAT-04', 'GW-04', 'OPS-03');
    const url = freshUrl();
    const odd = '{ "name":"t", "x":12345678901234567890, "y":1e400, "z":"\\ud800 \\u0000 é\u{1F600}" }';
    const kept = record('git', { tools: [odd, ...tools('b')], prompts: ['{"name":"p"}'] });
    const retired: CatalogRecord = { ...record('gone'), discovery: undefined, retiredAtMs: 17 };
    const first = await openCatalog(url);
    await first.store.save(retired);
    await first.store.save(kept);
    await first.database[Symbol.asyncDispose]();
    const second = await openCatalog(url);
    const loaded = await second.store.load();
    expect(loaded).toEqual([kept, retired]);
    expect(second.warnings).toEqual([]);
  });

  test('a record replaces the one before it, and is gone once removed', async () => {
    const { store } = await openCatalog(freshUrl());
    await store.save(record('git'));
    const next = record('git', { tools: tools('new') });
    await store.save(next);
    expect(await store.load()).toEqual([next]);
    await store.remove('git');
    await store.remove('never-there');
    expect(await store.load()).toEqual([]);
  });

  test('more records than are read at once are all there', async () => {
    const { store } = await openCatalog(freshUrl());
    const names = Array.from({ length: 50 }, (_, index) => `server-${String(index).padStart(2, '0')}`);
    await Promise.all(names.map((name) => store.save(record(name))));
    expect((await store.load()).map(({ server }) => server)).toEqual(names);
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['of another format', () => '{"version":2}'],
    ['about another server', (text: string) => text.replace('"server":"bad"', '"server":"good"')],
  ])('a record that is %s is left out with a warning, the others are read', async (_, spoil) => {
    verifies('CAT-04');
    const { store, database, warnings } = await openCatalog(freshUrl());
    const good = record('good');
    await store.save(good);
    await store.save(record('bad'));
    const bad = await database.read
      .selectFrom('catalog_discoveries')
      .select('record')
      .where('server', '=', 'bad')
      .executeTakeFirstOrThrow();
    const spoilt = spoil(bad.record);
    expect(spoilt).not.toBe(bad.record);
    await database.transaction((tx) =>
      tx.updateTable('catalog_discoveries').set({ record: spoilt }).where('server', '=', 'bad').execute(),
    );
    expect(await store.load()).toEqual([good]);
    expect(warnings).toEqual([expect.stringContaining('cannot use what was known of bad')]);
  });
});
