// Approvals over a real store: what is trusted, what deviates, and what a store that fails does.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifies } from '../../../../../../test/verifies.ts';
import { judge, AS_APPROVED } from '../../../../src/reconcile/mcp-server/pins/judge.ts';
import { openPins, RETRY_MS, type Pins } from '../../../../src/reconcile/mcp-server/pins/pins.ts';
import type { PinStore } from '../../../../src/reconcile/mcp-server/pins/pin-store.ts';
import { createManualClock, type ManualClock } from '../../../kernel/manual-clock.ts';
import { openTestCatalog, type TestCatalogStore } from '../catalog-store.ts';

const list = (...tools: readonly (readonly [name: string, description: string])[]): readonly Buffer[] =>
  tools.map(([name, description]) => Buffer.from(JSON.stringify({ name, description })));
const A1 = ['a', 'one'] as const;
const A2 = ['a', 'two'] as const;
const B = ['b', 'one'] as const;

let folder: string;
let catalog: TestCatalogStore;
let clock: ManualClock;
let warnings: string[];
let rechecked: string[];
/** Reads of what is approved of one server, and whether the store fails. */
let reads: number;
let isBroken: boolean;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-pins-'));
  catalog = await openTestCatalog(folder);
  clock = createManualClock();
  [warnings, rechecked, reads, isBroken] = [[], [], 0, false];
});
afterEach(async () => {
  await catalog[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function open(): Promise<Pins> {
  const store: PinStore = {
    ...catalog.pins,
    async digests(server) {
      reads += 1;
      if (isBroken) throw new Error('no store');
      return await catalog.pins.digests(server);
    },
  };
  const warn = (message: string): void => void warnings.push(message);
  return openPins({ store, clock, warn, recheck: (server) => void rechecked.push(server) });
}

const statesOf = ({ deviating }: Awaited<ReturnType<Pins['check']>>) =>
  Object.fromEntries([...deviating].map(([tool, { state }]) => [tool, state]));

test.each([
  ['all as approved', { a: '1' }, { a: '1' }, {}, []],
  ['another digest', { a: '2' }, { a: '1' }, { a: 'changed' }, []],
  ['one more', { a: '1', b: '1' }, { a: '1' }, { b: 'new' }, []],
  ['one less', {}, { a: '1' }, {}, ['a']],
  ['one for another', { b: '1' }, { a: '1' }, { b: 'new' }, ['a']],
])('%s', (_, listed, approved, states, removed) => {
  verifies('CAT-08');
  const outcome = judge(new Map(Object.entries(listed)), new Map(Object.entries(approved)));
  expect(statesOf(outcome)).toEqual(states);
  expect(outcome.removed).toEqual(removed);
});

describe('what is shown first', () => {
  test.each(['flag', 'hold'] as const)('is approved with `%s`, for good', async (policy) => {
    verifies('CAT-08', 'OPS-03');
    const pins = await open();
    expect(await pins.check('s', list(A1), policy)).toBe(AS_APPROVED);
    const later = await open();
    expect(statesOf(await later.check('s', list(A2, B), policy))).toEqual({ a: 'changed', b: 'new' });
    expect((await later.list('s', list(A1)))[0]?.pin).toMatchObject({ tool: 'a', approvedBy: 'first-sight' });
  });

  test('is not approved with `strict`, and not looked at with `off`', async () => {
    verifies('CAT-08');
    const pins = await open();
    expect(statesOf(await pins.check('s', list(A1), 'strict'))).toEqual({ a: 'new' });
    expect(await pins.check('other', list(A1), 'off')).toBe(AS_APPROVED);
    expect(await catalog.pins.pins('other')).toEqual([]);
  });

  test('is a list with tools in it: an empty one says nothing yet', async () => {
    const pins = await open();
    expect(await pins.check('s', [], 'flag')).toBe(AS_APPROVED);
    expect(await pins.check('s', list(A1), 'flag')).toBe(AS_APPROVED);
    expect(statesOf(await pins.check('s', list(A2), 'flag'))).toEqual({ a: 'changed' });
  });
});

test('a list as before costs no read, after a restart neither; another order of it one', async () => {
  const pins = await open();
  await pins.check('s', list(A1, B), 'flag');
  reads = 0;
  await pins.check('s', list(A1, B), 'flag');
  const later = await open();
  await later.check('s', list(A1, B), 'flag');
  expect(reads).toBe(0);
  expect(await later.check('s', list(B, A1), 'flag')).toBe(AS_APPROVED);
  await later.check('s', list(B, A1), 'flag');
  expect(reads).toBe(1);
});

describe('an approval', () => {
  test('is of what is shown, tool by tool, and ends what was approved before', async () => {
    verifies('CAT-08');
    const pins = await open();
    await pins.check('s', list(A1), 'flag');
    expect(await pins.approve('s', list(A2, B), [{ name: 'a' }], 'ann')).toEqual(['a']);
    expect(rechecked).toEqual(['s']);
    expect(statesOf(await pins.check('s', list(A2, B), 'flag'))).toEqual({ b: 'new' });
    expect(statesOf(await pins.check('s', list(A1), 'flag'))).toEqual({ a: 'changed' });
    expect(await pins.approve('s', list(A2, B), [{ name: 'a' }, { name: 'b' }], 'bob')).toEqual(['b']);
    expect(await pins.check('s', list(A2, B), 'flag')).toBe(AS_APPROVED);
    const kept = (await catalog.pins.pins('s')).map(({ tool, approvedBy }) => `${tool} by ${approvedBy}`);
    expect(kept).toEqual(['a by ann', 'b by bob']);
  });

  test('ends the list that was approved as a whole, over a restart too', async () => {
    const pins = await open();
    await pins.check('s', list(A1), 'flag');
    await pins.approve('s', list(A2), [{ name: 'a' }], 'ann');
    expect(statesOf(await (await open()).check('s', list(A1), 'flag'))).toEqual({ a: 'changed' });
  });

  test('is refused for what is not there, or is not what was looked at', async () => {
    verifies('CAT-08');
    const pins = await open();
    await pins.check('s', list(A1), 'flag');
    await expect(pins.approve('s', list(A1), [{ name: 'x' }], 'ann')).rejects.toMatchObject({
      code: 'not_found',
    });
    const [shown] = await pins.list('s', list(A2));
    const choice = [{ name: 'a', digest: shown?.shown?.digest }];
    await expect(pins.approve('s', list(['a', 'three']), choice, 'ann')).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(statesOf(await pins.check('s', list(['a', 'three']), 'flag'))).toEqual({ a: 'changed' });
  });
});

describe('a store that fails', () => {
  test('is an error where tools are held back', async () => {
    verifies('CAT-08');
    const pins = await open();
    isBroken = true;
    await expect(pins.check('s', list(A1), 'hold')).rejects.toMatchObject({ code: 'unavailable' });
    isBroken = false;
    expect(await pins.check('s', list(A1), 'hold')).toBe(AS_APPROVED);
  });

  test('lets tools pass where they are only flagged, and they are compared again', async () => {
    const pins = await open();
    await pins.check('s', list(A1), 'flag');
    isBroken = true;
    expect(await pins.check('s', list(A2), 'flag')).toBe(AS_APPROVED);
    expect(warnings).toHaveLength(1);
    isBroken = false;
    clock.advance(RETRY_MS);
    expect(rechecked).toEqual(['s']);
    expect(statesOf(await pins.check('s', list(A2), 'flag'))).toEqual({ a: 'changed' });
    await pins[Symbol.asyncDispose]();
    expect(clock.waiting).toBe(0);
  });
});

test('forgotten, a server is seen for the first time again', async () => {
  const pins = await open();
  await pins.check('s', list(A1), 'flag');
  await pins.remove('s');
  expect(await pins.check('s', list(A2), 'flag')).toBe(AS_APPROVED);
});
