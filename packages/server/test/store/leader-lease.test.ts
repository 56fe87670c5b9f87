// One leader for all hosts, and nobody else's work in its name.

import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import type { Database } from '../../src/store/database.ts';
import { createLeaderLease, LEASE_MS, type LeaderLease } from '../../src/store/leader-lease.ts';
import { createManualClock, type ManualClock } from '../kernel/manual-clock.ts';
import { closeStoresAfterTests, openTest, stores } from './support/stores.ts';
import type { TestTables } from './support/tables.ts';

closeStoresAfterTests();

interface TestHost {
  readonly lease: LeaderLease;
  readonly clock: ManualClock;
  readonly epochs: readonly number[];
}

/** A host with a clock of its own: one that does not move is a host that was stopped. */
function createHost(database: Database<TestTables>, holder: string): TestHost {
  const clock = createManualClock();
  const epochs: number[] = [];
  const lease = createLeaderLease({
    database,
    name: 'sweep',
    holder,
    clock,
    elapsedMs: () => clock.nowMs(),
    random: () => 0.5,
    hasRivals: true,
    started: ({ epoch }) => epochs.push(epoch),
  });
  return { lease, clock, epochs };
}

const write = (database: Database<TestTables>, lease: LeaderLease['term'], id: string) =>
  database.transaction(async (tx) => {
    await lease?.fence(tx);
    await tx.insertInto('t_rows').values({ id, n: 0, note: null }).execute();
  });

describe.each(stores)('the lease of a leader on $name', ({ freshUrl }) => {
  /** The database's clock, which counts for all. */
  async function open(): Promise<{ database: Database<TestTables>; move: (ms: number) => void }> {
    let wallMs = 1_700_000_000_000;
    const database = await openTest(freshUrl(), { wallMs: () => wallMs });
    return { database, move: (ms) => (wallMs += ms) };
  }

  test('is had by one, who keeps it while it renews it', async () => {
    verifies('OPS-01');
    const { database, move } = await open();
    await using first = hostOf(database, 'first');
    await eventually(() => first.lease.term);
    await using second = hostOf(database, 'second');
    for (let step = 0; step < 8; step++) {
      move(LEASE_MS / 4);
      const before = await expiry(database);
      await eventually(async () => {
        first.clock.advance(LEASE_MS / 8);
        return (await expiry(database)) > before;
      });
      second.clock.advance(LEASE_MS / 4);
    }
    expect(first.lease.term?.epoch).toBe(1);
    expect(second.lease.term).toBeUndefined();
    expect(second.epochs).toEqual([]);
  });

  test('goes to another one when its holder was stopped, whose writes are refused then', async () => {
    verifies('OPS-01');
    const { database, move } = await open();
    await using first = hostOf(database, 'first');
    const term = await eventually(() => first.lease.term);
    await using second = hostOf(database, 'second');
    await write(database, term, 'in its term');
    move(LEASE_MS);
    await eventually(() => {
      second.clock.advance(1_000);
      return second.lease.term;
    });
    expect(second.lease.term?.epoch).toBe(2);
    // It does not know yet, and is excluded all the same.
    expect(first.lease.term).toBe(term);
    await expect(write(database, term, 'too late')).rejects.toMatchObject({ failure: 'fenced' });
    first.clock.advance(LEASE_MS);
    expect(first.lease.term).toBeUndefined();
    expect(term.signal.aborted).toBe(true);
    await write(database, second.lease.term, 'in the next term');
    const found = await database.read.selectFrom('t_rows').select('id').orderBy('id').execute();
    expect(found.map(({ id }) => id)).toEqual(['in its term', 'in the next term']);
  });

  test('is followed at once when its holder closes it, and by itself after a restart', async () => {
    verifies('OPS-01');
    const { database } = await open();
    const first = createHost(database, 'first');
    await eventually(() => first.lease.term);
    await using second = hostOf(database, 'second');
    await first.lease[Symbol.asyncDispose]();
    await eventually(() => second.lease.term);
    await using again = hostOf(database, 'second');
    expect((await eventually(() => again.lease.term)).epoch).toBe(3);
  });

  test('is kept without another look where nobody else can lead', async () => {
    const { database } = await open();
    const clock = createManualClock();
    await using lease = createLeaderLease({
      database,
      name: 'sweep',
      holder: 'only',
      clock,
      elapsedMs: () => clock.nowMs(),
      random: () => 0.5,
      hasRivals: false,
    });
    await eventually(() => lease.term);
    expect(clock.waiting).toBe(0);
    clock.advance(10 * LEASE_MS);
    expect(lease.term?.epoch).toBe(1);
  });

  test('no term begins while a fenced transaction is open', async () => {
    verifies('OPS-01');
    const { database, move } = await open();
    await using first = hostOf(database, 'first');
    const term = await eventually(() => first.lease.term);
    await using second = hostOf(database, 'second');
    let isOpen = true;
    const { promise: fenced, resolve } = Promise.withResolvers<void>();
    const working = database.transaction(async (tx) => {
      await term.fence(tx);
      resolve();
      for (let n = 0; n < 50; n++) {
        await tx.updateTable('t_rows').set({ n }).execute();
        expect(second.lease.term).toBeUndefined();
      }
      isOpen = false;
    });
    await fenced;
    move(LEASE_MS);
    const led = eventually(() => {
      second.clock.advance(1_000);
      return second.lease.term;
    });
    await led;
    expect(isOpen).toBe(false);
    await working;
  });
});

function hostOf(database: Database<TestTables>, holder: string): TestHost & AsyncDisposable {
  const host = createHost(database, holder);
  return { ...host, [Symbol.asyncDispose]: () => host.lease[Symbol.asyncDispose]() };
}

async function expiry(database: Database<TestTables>): Promise<number> {
  const found = await database
    .over<{ store_leases: { name: string; expires_at_ms: number } }>()
    .read.selectFrom('store_leases')
    .select('expires_at_ms')
    .executeTakeFirstOrThrow();
  return found.expires_at_ms;
}
