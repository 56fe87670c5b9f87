// The names that several hosts give: each name once, whoever asks first, and the same on all of them.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { CATALOG_MIGRATIONS } from '../../../src/app/bindings/catalog-database/migrations.ts';
import { createCatalogDatabase } from '../../../src/app/bindings/catalog-database/catalog-database.ts';
import { createNamesDatabase } from '../../../src/app/bindings/catalog-database/names-database.ts';
import type { CatalogTables } from '../../../src/app/bindings/catalog-database/queries.ts';
import {
  openSharedNames,
  RETRY_MS,
  type SharedNames,
} from '../../../src/reconcile/mcp-server/shared-names.ts';
import type { AnyDatabase, Database } from '../../../src/store/database.ts';
import { sql } from '../../../src/store/kysely.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';
import { closeStoresAfterTests, openTest, stores } from '../../store/support/stores.ts';

closeStoresAfterTests();

const listed = (...tools: readonly string[]) => ({
  tools,
  prompts: [],
  resources: [],
  resourceTemplates: [],
});

interface TestHost {
  readonly names: SharedNames;
  readonly clock: ReturnType<typeof createManualClock>;
  readonly renamed: readonly string[];
  readonly warnings: readonly string[];
}

async function openHost(database: AnyDatabase): Promise<TestHost> {
  const clock = createManualClock();
  const renamed: string[] = [];
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const names = await openSharedNames({
    store: createNamesDatabase({ database, warn }),
    clock,
    warn,
    renamed: (holder) => renamed.push(holder),
  });
  return { names, clock, renamed, warnings };
}

const open = async (url: string): Promise<Database<CatalogTables>> =>
  (await openTest(url, { migrations: [CATALOG_MIGRATIONS] })).over<CatalogTables>();

const given = async (host: TestHost, holder: string, ...tools: readonly string[]) =>
  Object.fromEntries((await host.names.give(holder, 'p', listed(...tools))).given.tools);

describe.each(stores)('names on $name', ({ freshUrl }) => {
  test('the first holder has it on every host, and after a restart', async () => {
    verifies('CAT-01', 'OPS-01');
    const url = freshUrl();
    const database = await open(url);
    const [one, two] = [await openHost(database), await openHost(database)];
    expect(await given(one, 'a', 't')).toEqual({ t: 'p_t' });
    const second = await given(two, 'b', 't');
    expect(second['t']).toMatch(/^p_t_[a-z2-7]{8}$/);
    expect(await given(two, 'a', 't', 'u')).toEqual({ t: 'p_t', u: 'p_u' });
    // What was given elsewhere is known after the next look only, and then needs no store.
    expect(one.names.known('b', 'p', listed('t'))).toBeUndefined();
    expect(await given(one, 'b', 't')).toEqual(second);
    const again = await openHost(database);
    expect(Object.fromEntries(again.names.known('b', 'p', listed('t'))?.given.tools ?? [])).toEqual(second);
  });

  test('whoever gives at the same time, no name is given twice', { timeout: 120_000 }, async () => {
    verifies('CAT-01', 'OPS-01');
    const database = await open(freshUrl());
    const hosts = await Promise.all([openHost(database), openHost(database), openHost(database)]);
    const holders = Array.from({ length: 24 }, (_, index) => `holder-${index}`);
    const all = await Promise.all(
      holders.flatMap((holder, index) =>
        hosts.map(async (host) => ({ holder, names: await given(host, holder, 't', `u${index % 3}`) })),
      ),
    );
    const byHolder = new Map<string, string>();
    const byName = new Map<string, string>();
    for (const { holder, names } of all)
      for (const [own, exposed] of Object.entries(names)) {
        const key = `${holder}/${own}`;
        expect(byHolder.get(key) ?? exposed).toBe(exposed);
        byHolder.set(key, exposed);
        expect(byName.get(exposed) ?? key).toBe(key);
        byName.set(exposed, key);
      }
  });

  test('what is given at once here is taken back where another host was quicker', async () => {
    verifies('CAT-01', 'OPS-01');
    const database = await open(freshUrl());
    const [one, two] = [await openHost(database), await openHost(database)];
    await given(one, 'a', 't');
    expect(two.names.giveNow('family:f', 'p', listed('t')).given.tools.get('t')).toBe('p_t');
    await two.names.settled();
    expect(two.renamed).toEqual(['family:f']);
    expect(two.names.known('family:f', 'p', listed('t'))?.given.tools.get('t')).toMatch(/^p_t_/);
  });

  test('names that were given up are free on every host, unless one of them has the holder', async () => {
    verifies('CAT-01', 'OPS-01');
    const database = await open(freshUrl());
    const [one, two] = [await openHost(database), await openHost(database)];
    await given(one, 'a', 't');
    await given(two, 'a', 't');
    const catalog = (replica: string) => createCatalogDatabase({ database, replica, warn: () => {} });
    const record = { server: 'a', discovery: undefined, retiredAtMs: undefined };
    await catalog('two').save(record);
    expect(await one.names.drop('a')).toBe(false);
    await catalog('two').save({ ...record, retiredAtMs: 1 });
    expect(await one.names.drop('a')).toBe(true);
    expect(await given(two, 'b', 't')).toEqual({ t: 'p_t' });
  });

  test('a store that fails costs nobody a name; it decides when it is back', async () => {
    verifies('CAT-01');
    const database = await open(freshUrl());
    const [one, other] = [await openHost(database), await openHost(database)];
    await database.transaction((tx) => sql`alter table catalog_names rename to away`.execute(tx));
    expect(await given(one, 'a', 't')).toEqual({ t: 'p_t' });
    expect(one.warnings).toEqual([expect.stringContaining('cannot keep the names of a')]);
    await database.transaction((tx) => sql`alter table away rename to catalog_names`.execute(tx));
    await given(other, 'b', 't');
    one.clock.advance(RETRY_MS);
    await one.names.settled();
    expect(one.renamed).toEqual(['a']);
    expect((await given(one, 'a', 't'))['t']).toMatch(/^p_t_/);
  });

  test(
    'however hosts, holders and restarts follow each other, the store and all hosts agree',
    { timeout: 120_000 },
    async () => {
      verifies('CAT-01', 'OPS-01');
      const database = await open(freshUrl());
      const step = fc.record({
        host: fc.nat(1),
        holder: fc.constantFrom('a', 'b', 'c', 'family:f'),
        tools: fc.subarray(['t', 'u', 'v'], { minLength: 1 }),
        how: fc.constantFrom('give', 'now', 'restart', 'drop'),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          await database.transaction((tx) => tx.deleteFrom('catalog_names').execute());
          const hosts = [await openHost(database), await openHost(database)];
          const ended: TestHost[] = [];
          for (const { host, holder, tools, how } of steps) {
            const at = hosts[host];
            if (at === undefined) continue;
            if (how === 'give') await given(at, holder, ...tools);
            else if (how === 'now') at.names.giveNow(holder, 'p', listed(...tools));
            else if (how === 'drop') await at.names.drop(holder);
            else {
              ended.push(at);
              hosts[host] = await openHost(database);
            }
          }
          for (const { names } of [...hosts, ...ended]) await names.settled();
          const kept = await createNamesDatabase({ database, warn: () => {} }).load();
          const exposed = [...kept.values()].flatMap((names) => [...names.given.tools.values()]);
          expect(new Set(exposed).size).toBe(exposed.length);
          for (const [holder, names] of kept) {
            const tools = [...names.given.tools.keys()];
            for (const host of hosts)
              expect((await host.names.give(holder, 'p', listed(...tools))).given).toEqual(names.given);
          }
        }),
        { numRuns: 25 },
      );
    },
  );
});
