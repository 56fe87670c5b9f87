import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { PIN_MIGRATIONS } from '../../../src/app/bindings/pins-database/migrations.ts';
import {
  createPinsDatabase,
  MAX_DEFINITION_CHARS,
} from '../../../src/app/bindings/pins-database/pins-database.ts';
import type { Pin } from '../../../src/reconcile/mcp-server/pins/pin-store.ts';
import { closeStoresAfterTests, openTest, postgres, stores } from '../../store/support/stores.ts';

closeStoresAfterTests();

const pin = (tool: string, change: Partial<Pin> = {}): Pin => ({
  tool,
  digest: `digest of ${tool.toWellFormed().replaceAll('\0', '').slice(0, 10)}`,
  definition: JSON.stringify({ name: tool, description: '12345678901234567890 \u2028 \0' }),
  approvedAtMs: 1_700_000_000_000,
  approvedBy: 'ann',
  ...change,
});

describe.each(stores)('approvals on $name', ({ freshUrl }) => {
  const open = async (url: string) => {
    const database = await openTest(url, { migrations: [PIN_MIGRATIONS] });
    return { database, store: createPinsDatabase(database) };
  };

  test('are there after a restart, whatever tools are called', async () => {
    verifies('CAT-08', 'OPS-03');
    const url = freshUrl();
    const pins = ['', 'a', 'A', '__proto__', '\0', '\ud800', 'x'.repeat(10_000)].map((tool) => pin(tool));
    const first = await open(url);
    await first.store.approve('s', pins, 'list-1', undefined);
    await first.store.approve('t', [pin('a')], undefined, undefined);
    await first.database[Symbol.asyncDispose]();
    const { store } = await open(url);
    expect((await store.pins('s')).map(({ tool }) => tool)).toEqual(pins.map(({ tool }) => tool).toSorted());
    expect(await store.pins('t')).toEqual([pin('a')]);
    expect(await store.digests('s')).toEqual(new Map(pins.map(({ tool, digest }) => [tool, digest])));
    expect(await store.approvedLists()).toEqual(new Map([['s', 'list-1']]));
  });

  test('take the place of those before them, and of the list that was approved', async () => {
    const { store } = await open(freshUrl());
    await store.approve('s', [pin('a'), pin('b')], 'list-1', undefined);
    await store.approve('s', [pin('a', { digest: 'other', approvedBy: 'bob' })], undefined, undefined);
    expect((await store.pins('s')).map(({ digest, approvedBy }) => `${digest}, ${approvedBy}`)).toEqual([
      'other, bob',
      'digest of b, ann',
    ]);
    expect(await store.approvedLists()).toEqual(new Map());
    await store.setApprovedList('s', 'list-2', await store.version('s'));
    await store.setApprovedList('s', 'list-3', await store.version('s'));
    expect(await store.approvedLists()).toEqual(new Map([['s', 'list-3']]));
    await store.remove('s');
    expect([await store.pins('s'), await store.approvedLists()]).toEqual([[], new Map()]);
  });

  test('of many tools and of many servers come page by page', async () => {
    const { store } = await open(freshUrl());
    const many = Array.from({ length: 2_500 }, (_, index) => pin(`t${index}`, { definition: '{}' }));
    await store.approve('s', many, 'list', undefined);
    expect((await store.digests('s')).size).toBe(2_500);
    expect(await store.pins('s')).toHaveLength(2_500);
  });

  test('of a definition that is too long keep its digest alone', async () => {
    const { store } = await open(freshUrl());
    await store.approve(
      's',
      [pin('a', { definition: 'x'.repeat(MAX_DEFINITION_CHARS + 1) })],
      undefined,
      undefined,
    );
    expect(await store.pins('s')).toEqual([pin('a', { definition: '' })]);
  });
});

test.runIf(postgres !== undefined)(
  'approvals that another host made are heard of, and what was decided before them is refused',
  async () => {
    verifies('CAT-08', 'OPS-01');
    const url = postgres?.freshUrl() ?? '';
    const open = async () => createPinsDatabase(await openTest(url, { migrations: [PIN_MIGRATIONS] }));
    const [store, other] = [await open(), await open()];
    const heard: (readonly [string, string | undefined])[] = [];
    await store.approvedLists();
    await using _watching = store.watch((server, list) => heard.push([server, list]));
    const seen = await store.version('s');
    await store.approve('mine', [pin('a')], 'list', undefined);
    expect(await other.approve('s', [pin('a')], 'list-1', seen)).toBe(true);
    await eventually(() => heard.length > 0);
    expect(await store.approve('s', [pin('b')], 'list-2', seen)).toBe(false);
    expect(await store.setApprovedList('s', 'list-2', seen)).toBe(false);
    expect((await store.pins('s')).map(({ tool }) => tool)).toEqual(['a']);
    await other.remove('s');
    await eventually(() => heard.length > 1);
    expect(heard).toEqual([
      ['s', 'list-1'],
      ['s', undefined],
    ]);
  },
);
