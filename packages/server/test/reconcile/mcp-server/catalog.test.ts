// Names of families outlive a restart, over a real store.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { openCatalog, type Catalog } from '../../../src/reconcile/mcp-server/catalog.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';
import { openPins } from '../../../src/reconcile/mcp-server/pins/pins.ts';
import { openTestCatalog, type TestCatalogStore } from './catalog-store.ts';

let folder: string;
let stores: TestCatalogStore[];
const warnings: string[] = [];
const warn = (message: string): void => void warnings.push(message);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-catalog-'));
  warnings.length = 0;
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<Catalog> {
  const store = await openTestCatalog(folder, warn);
  stores.push(store);
  const clock = createManualClock();
  const pins = await openPins({ store: store.pins, clock, warn, recheck: () => undefined });
  return await openCatalog({
    store,
    names: store.names,
    pins,
    clock,
    warn,
    renamed: { server() {}, family() {} },
  });
}

test('a name that was given to a family stays its own, whoever comes first after a restart', async () => {
  verifies('FAM-01', 'CAT-01');
  const before = await open();
  const first = before.families.allocate('one', 'p', ['t', 'u']);
  const second = before.families.allocate('two', 'p', ['t']);
  expect(first.get('t')).toBe('p_t');
  expect(second.get('t')).toMatch(/^p_t_[a-z2-7]{8}$/);
  await before.saved();

  const after = await open();
  expect(after.families.allocate('two', 'p', ['t'])).toEqual(second);
  expect(after.families.allocate('one', 'p', ['t']).get('t')).toBe('p_t');
  await after.retireOthers(new Set());
  await after.saved();
  expect((await open()).families.allocate('three', 'p', ['t', 'u']).get('u')).not.toBe('p_u');
  expect(warnings).toEqual([]);
});

test('a family that is gone keeps its names for its return', async () => {
  verifies('FAM-01', 'CAT-01');
  const before = await open();
  before.families.allocate('one', 'p', ['t']);
  before.families.retire('one');
  await before.saved();
  const after = await open();
  expect(after.families.allocate('two', 'p', ['t']).get('t')).not.toBe('p_t');
  expect(after.families.allocate('one', 'p', ['t']).get('t')).toBe('p_t');
  await after.saved();
});
