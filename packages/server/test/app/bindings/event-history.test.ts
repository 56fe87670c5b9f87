import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import {
  createEventHistory,
  FLUSH_MS,
  MAX_UNWRITTEN,
} from '../../../src/app/bindings/event-history/event-history.ts';
import { EVENT_MIGRATIONS } from '../../../src/app/bindings/event-history/migrations.ts';
import type { EventTables } from '../../../src/app/bindings/event-history/queries.ts';
import { createEventLog, MAX_EVENTS } from '../../../src/reconcile/events.ts';
import { createManualClock, type ManualClock } from '../../kernel/manual-clock.ts';
import { closeStoresAfterTests, openTest, stores } from '../../store/support/stores.ts';

closeStoresAfterTests();

describe.each(stores)('events on $name', ({ freshUrl }) => {
  async function open(url: string, clock: ManualClock = createManualClock()) {
    const database = await openTest(url, { migrations: [EVENT_MIGRATIONS] });
    const warnings: string[] = [];
    const history = createEventHistory({
      database,
      clock,
      random: () => 0.5,
      warn: (message) => warnings.push(message),
    });
    const log = createEventLog({ clock, earlier: await history.load() });
    log.subscribe((event) => history.add(event));
    const close = async () => {
      await history[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    };
    return { database: database.over<EventTables>(), history, log, clock, warnings, close };
  }

  test('are there after a restart, in their order', async () => {
    verifies('OPS-02');
    const url = freshUrl();
    const first = await open(url);
    for (let index = 0; index < 250; index++) {
      first.log.add('git', index % 2 === 0 ? 'MCPServerStarted' : 'MCPServerFailed', `${index}`);
      first.clock.advance(1);
    }
    const before = first.log.list();
    await first.close();
    const second = await open(url);
    expect(second.log.list()).toEqual(before);
    second.log.add('git', 'MCPServerStopped', 'new');
    expect(second.log.list().at(-1)).toMatchObject({ message: 'new' });
    expect(second.warnings).toEqual([]);
  });

  test('are written behind, within a moment', async () => {
    const { log, clock, history, database } = await open(freshUrl());
    log.add('git', 'MCPServerStarted', 'with \0 and \ud800');
    const count = async () => (await database.read.selectFrom('events_history').selectAll().execute()).length;
    expect(await count()).toBe(0);
    clock.advance(FLUSH_MS);
    await history.flush();
    expect(await count()).toBe(1);
    expect(await history.load()).toEqual([expect.objectContaining({ message: 'with \ufffd and \ufffd' })]);
  });

  test('are bounded: the newest are kept', async () => {
    verifies('OPS-02');
    const { log, history, database } = await open(freshUrl());
    for (let index = 1; index <= 3 * MAX_EVENTS; index++) {
      log.add('git', 'MCPServerStarted', `${index}`);
      if (index % 500 === 0) await history.flush();
    }
    const rows = await database.read.selectFrom('events_history').select('message').orderBy('seq').execute();
    expect(rows.length).toBeGreaterThanOrEqual(MAX_EVENTS);
    expect(rows.length).toBeLessThan(2 * MAX_EVENTS);
    expect(rows.at(-1)).toEqual({ message: `${3 * MAX_EVENTS}` });
  });

  test('that the store cannot take now are tried again, up to a bound', async () => {
    const { log, history, database, clock, warnings } = await open(freshUrl());
    await database.transaction((tx) =>
      tx
        .insertInto('events_history')
        .values({ seq: Number.MAX_SAFE_INTEGER, at_ms: 0, server: 's', reason: 'later', message: '' })
        .execute(),
    );
    for (let index = 0; index < MAX_UNWRITTEN + 300; index++) log.add('git', 'MCPServerStarted', `${index}`);
    await history.flush();
    await history.flush();
    expect(warnings).toEqual(['cannot write events to the store; they are tried again']);
    await database.transaction((tx) => tx.deleteFrom('events_history').execute());
    clock.advance(60_000);
    await history.flush();
    const rows = await database.read.selectFrom('events_history').select('message').orderBy('seq').execute();
    expect(rows).toHaveLength(MAX_UNWRITTEN);
    expect(rows[0]).toEqual({ message: '300' });
  });
});
