// Hints of changes: told once for a burst, to everybody who uses the database, and found by polling where they get lost.

import { Client } from 'pg';
import { describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import {
  COALESCE_MS,
  createChangeFeed,
  MAX_PENDING_TOPICS,
  POLL_MS,
  type ChangeFeed,
} from '../../src/store/change-feed.ts';
import type { HintWire } from '../../src/store/driver.ts';
import { createPostgresHints } from '../../src/store/postgres/postgres-hints.ts';
import { parsePostgresUrl } from '../../src/store/postgres/postgres-pool.ts';
import { createManualClock } from '../kernel/manual-clock.ts';
import { closeStoresAfterTests, openTest, postgres, stores } from './support/stores.ts';

closeStoresAfterTests();

/** Resolves when a hint of the topic is told. */
async function told(feed: ChangeFeed, topic: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _listening = feed.listen(topic, resolve);
  feed.notify(topic);
  await promise;
}

describe.each(stores)('the feed on $name', ({ freshUrl }) => {
  test('tells those who listen to the topic, until they stop', async () => {
    verifies('OPS-01');
    const { feed } = await openTest(freshUrl());
    const [one, other] = [vi.fn<() => void>(), vi.fn<() => void>()];
    using _one = feed.listen('tasks', one);
    const listening = feed.listen('tasks', other);
    feed.notify('tasks');
    await eventually(() => one.mock.calls.length > 0 && other.mock.calls.length > 0);
    listening[Symbol.dispose]();
    other.mockClear();
    feed.notify('tasks');
    await told(feed, 'last');
    expect(other).not.toHaveBeenCalled();
  });

  test('takes short words only', async () => {
    const { feed } = await openTest(freshUrl());
    for (const topic of ['', 'two words', '*', '?', 'x'.repeat(61)])
      expect(() => feed.notify(topic)).toThrow('is no topic');
  });
});

describe('a feed', () => {
  const silent: HintWire = {
    send: async () => {},
    receive() {},
    [Symbol.asyncDispose]: async () => {},
  };

  test('tells a burst once, and goes on when a listener fails', () => {
    const clock = createManualClock();
    const warn = vi.fn<(message: string) => void>();
    using feed = createChangeFeed({ wire: undefined, clock, warn });
    const heard: string[] = [];
    using _failing = feed.listen('tasks', () => {
      throw new Error('no');
    });
    using _tasks = feed.listen('tasks', () => heard.push('tasks'));
    using _agents = feed.listen('agents', () => heard.push('agents'));
    for (let n = 0; n < 10; n++) feed.notify('tasks');
    expect(heard).toEqual([]);
    clock.advance(COALESCE_MS);
    expect(heard).toEqual(['tasks']);
    expect(warn).toHaveBeenCalledTimes(1);
    clock.advance(POLL_MS);
    expect(heard).toEqual(['tasks']);
  });

  test('of many topics tells everybody', () => {
    const clock = createManualClock();
    using feed = createChangeFeed({ wire: undefined, clock, warn: () => {} });
    const heard = vi.fn<() => void>();
    using _listening = feed.listen('another', heard);
    for (let n = 0; n <= MAX_PENDING_TOPICS; n++) feed.notify(`topic/${n}`);
    clock.advance(COALESCE_MS);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test('whose hints get lost looks at the table all the same', () => {
    verifies('OPS-01');
    const clock = createManualClock();
    using feed = createChangeFeed({ wire: silent, clock, warn: () => {} });
    const heard = vi.fn<() => void>();
    using _listening = feed.listen('tasks', heard);
    clock.advance(2 * POLL_MS);
    expect(heard).toHaveBeenCalledTimes(2);
    expect(POLL_MS).toBeLessThan(5_000);
  });
});

describe.each(postgres === undefined ? [] : [postgres])('on PostgreSQL', ({ freshUrl }) => {
  test('another process hears, too, and again after its connection broke', { timeout: 60_000 }, async () => {
    verifies('OPS-01');
    const url = freshUrl();
    const { feed: here } = await openTest(url);
    const { feed: there } = await openTest(url);
    const heard = vi.fn<() => void>();
    using _listening = there.listen('tasks', heard);
    /** Without a hint a poll would do it, too; so it has to be soon. */
    const isTold = async (): Promise<boolean> => {
      const before = heard.mock.calls.length;
      here.notify('tasks');
      await eventually(() => heard.mock.calls.length > before, { timeoutMs: POLL_MS / 6 });
      return true;
    };
    await eventually(isTold, { what: 'a hint' });
    const admin = new Client({ connectionString: url.replace(/[?&]schema=[^&]*/, '') });
    await admin.connect();
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tutti listens'",
    );
    await admin.end();
    await eventually(isTold, { what: 'a hint over another connection' });
  });

  test('notices that do not arrive are said to be missing, and to be back', { timeout: 60_000 }, async () => {
    verifies('OPS-01');
    const url = freshUrl();
    const client = new Client({ connectionString: url.replace(/[?&]schema=[^&]*/, '') });
    await client.connect();
    const clock = createManualClock();
    const warnings: string[] = [];
    let arriving: boolean | undefined;
    // As a pooler in transaction mode does: the statement succeeds, the notice goes nowhere.
    let isSwallowed = true;
    await using wire = createPostgresHints({
      place: parsePostgresUrl(url),
      clock,
      random: () => 0.5,
      run: async (sql, parameters) => (isSwallowed ? undefined : await client.query(sql, [...parameters])),
      warn: (message) => warnings.push(message),
      hears: (arrive) => (arriving = arrive),
    });
    wire.receive(() => {});
    await eventually(() => {
      clock.advance(1_000);
      return arriving === false;
    });
    isSwallowed = false;
    await eventually(() => {
      clock.advance(1_000);
      return arriving === true;
    });
    expect(warnings).toEqual([expect.stringContaining('do not arrive')]);
    await client.end();
  });
});
