import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { MAX_EVENT_LIMIT, type EventQuery } from '../../../src/api/event-query.ts';
import {
  createEventHistory,
  FLUSH_MS,
  MAX_KEPT_EVENTS,
  MAX_UNWRITTEN,
} from '../../../src/app/bindings/event-history/event-history.ts';
import { EVENT_MIGRATIONS } from '../../../src/app/bindings/event-history/migrations.ts';
import { insertEvents, type EventTables } from '../../../src/app/bindings/event-history/queries.ts';
import { createEventsApi } from '../../../src/app/bindings/events.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { createEventLog, MAX_EVENTS } from '../../../src/resources/events/event-log.ts';
import type { GuardTables } from '../../../src/store/store-tables.ts';
import { createManualClock, type ManualClock } from '../../kernel/manual-clock.ts';
import { closeStoresAfterTests, openTest, postgres, stores } from '../../store/support/stores.ts';

closeStoresAfterTests();

/** One host leads all the time. */
const term = { epoch: 1, signal: new AbortController().signal, fence: async () => {} };
let starts = 0;

describe.each(stores)('events on $name', ({ freshUrl }) => {
  async function open(url: string, clock: ManualClock = createManualClock()) {
    const database = await openTest(url, {
      migrations: [EVENT_MIGRATIONS],
      wallMs: () => clock.nowMs(),
    });
    const warnings: string[] = [];
    const history = createEventHistory({
      database,
      host: { replica: 'here', epoch: ++starts },
      leader: { term },
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

  test('of an older version are there as they were, and those of agents and tasks beside them', async () => {
    verifies('OPS-10');
    const url = freshUrl();
    const clock = createManualClock();
    const atMs = clock.nowMs() - 5;
    const older = { ...EVENT_MIGRATIONS, migrations: EVENT_MIGRATIONS.migrations.slice(0, 1) };
    const before = await openTest(url, { migrations: [older] });
    await before
      .over<{ events_history: Record<string, string | number> }>()
      .transaction((tx) =>
        tx
          .insertInto('events_history')
          .values({ seq: 1, at_ms: atMs, server: 'git', reason: 'MCPServerStarted', message: 'long ago' })
          .execute(),
      );
    await before[Symbol.asyncDispose]();
    const { log, history } = await open(url, clock);
    log.add('bread', 'TaskFailed', 'no flour');
    await history.flush();
    const all = { name: undefined, reasons: [], type: undefined, sinceMs: undefined, untilMs: undefined };
    const find = (kind: EventQuery['kind']) => history.find({ ...all, kind, limit: 10 });
    expect(await find('MCPServer')).toMatchObject([{ atMs, kind: 'MCPServer', name: 'git' }]);
    expect(await find('Task')).toMatchObject([{ type: 'Warning', kind: 'Task', name: 'bread' }]);
    expect(await find('Agent')).toEqual([]);
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

  test('are bounded: the newest are kept, and nothing that is too old', { timeout: 120_000 }, async () => {
    verifies('OPS-02', 'OPS-10');
    const { log, history, database } = await open(freshUrl());
    await database.transaction((tx) =>
      tx
        .insertInto('events_history')
        .values({ seq: 0, at_ms: 0, name: 'git', reason: 'MCPServerStarted', message: 'long ago' })
        .execute(),
    );
    const texts = async () =>
      (await database.read.selectFrom('events_history').select('message').orderBy('seq').execute()).map(
        ({ message }) => message,
      );
    log.add('git', 'MCPServerStarted', '0');
    await history.flush();
    expect(await texts()).toEqual(['0']);
    const last = MAX_KEPT_EVENTS + 1_500;
    for (let index = 1; index <= last; index++) {
      log.add('git', 'MCPServerStarted', `${index}`);
      if (index % 500 === 0) await history.flush();
    }
    const kept = await texts();
    expect(kept.length).toBeGreaterThanOrEqual(MAX_KEPT_EVENTS);
    expect(kept.length).toBeLessThan(MAX_KEPT_EVENTS + 1_000);
    expect(kept.at(-1)).toBe(`${last}`);
  });

  test('older ones than those in memory are found, by name, reason, type and time', async () => {
    verifies('OPS-10');
    const clock = createManualClock();
    const { log, history } = await open(freshUrl(), clock);
    const api = createEventsApi(log, history);
    const started = clock.nowMs();
    for (let index = 0; index < MAX_EVENTS + 300; index++) {
      log.add(
        index % 10 === 0 ? 'rare' : 'git',
        index % 3 === 0 ? 'MCPServerFailed' : 'MCPServerStarted',
        `${index}`,
      );
      clock.advance(1_000);
      if (index % 500 === 0) await history.flush();
    }
    const ask = async (query: Partial<EventQuery>): Promise<readonly string[]> => {
      const all = {
        kind: undefined,
        name: undefined,
        reasons: [],
        type: undefined,
        sinceMs: undefined,
        untilMs: undefined,
      };
      return (await api.events({ ...all, limit: MAX_EVENT_LIMIT, ...query })).map(({ message }) => message);
    };
    const everything = Array.from({ length: MAX_EVENTS + 300 }, (_, index) => index);
    const texts = (fits: (index: number) => boolean) => everything.filter(fits).map(String);
    expect(await ask({})).toEqual(texts(() => true));
    expect(await ask({ limit: 5 })).toEqual(texts((index) => index >= MAX_EVENTS + 295));
    expect(await ask({ name: 'rare' })).toEqual(texts((index) => index % 10 === 0));
    expect(await ask({ name: 'none' })).toEqual([]);
    expect(await ask({ type: 'Warning' })).toEqual(texts((index) => index % 3 === 0));
    expect(await ask({ type: 'Normal', reasons: ['MCPServerFailed'] })).toEqual([]);
    expect(await ask({ reasons: ['MCPServerStarted', 'MCPServerStopped'], name: 'rare', limit: 3 })).toEqual(
      texts((index) => index % 10 === 0 && index % 3 !== 0).slice(-3),
    );
    expect(await ask({ sinceMs: started + 10_000, untilMs: started + 13_000 })).toEqual(['10', '11', '12']);
    const recent = started + (MAX_EVENTS + 298) * 1_000;
    expect(await ask({ sinceMs: recent })).toEqual(texts((index) => index >= MAX_EVENTS + 298));
  });

  test('that the store cannot take now are tried again, up to a bound', async () => {
    const { log, history, database, clock, warnings } = await open(freshUrl());
    const guards = database.over<GuardTables>();
    await guards.transaction((tx) =>
      tx.insertInto('store_guards').values({ name: 'events', version: Number.MAX_SAFE_INTEGER }).execute(),
    );
    for (let index = 0; index < MAX_UNWRITTEN + 300; index++) log.add('git', 'MCPServerStarted', `${index}`);
    await history.flush();
    await history.flush();
    expect(warnings).toEqual(['cannot write events to the store; they are tried again']);
    await guards.transaction((tx) => tx.deleteFrom('store_guards').execute());
    clock.advance(60_000);
    await history.flush();
    const rows = await database.read.selectFrom('events_history').select('message').orderBy('seq').execute();
    expect(rows).toHaveLength(MAX_UNWRITTEN);
    expect(rows[0]).toEqual({ message: '300' });
  });
});

test.runIf(postgres !== undefined)(
  'several hosts have one history: in one order, with all of each, and nothing twice',
  { timeout: 60_000 },
  async () => {
    verifies('OPS-01', 'OPS-10');
    const url = postgres?.freshUrl() ?? '';
    const stack = new AsyncDisposableStack();
    onTestFinished(() => stack.disposeAsync());
    const openHost = async (replica: string) => {
      const database = await openTest(url, { migrations: [EVENT_MIGRATIONS] });
      const deps = { database, host: { replica, epoch: 1 }, leader: { term: undefined } };
      const history = createEventHistory({ ...deps, clock: systemClock, random: () => 0.5, warn: () => {} });
      const log = createEventLog({ clock: systemClock, earlier: await history.load() });
      log.subscribe((event) => {
        if (event.host === undefined) history.add(event);
      });
      stack.use(history);
      stack.use(history.follow((events) => log.learn(events)));
      return { database, history, log };
    };
    const [one, two] = await Promise.all([openHost('one'), openHost('two')]);
    const [count, all] = [150, 300];
    for (let n = 0; n < count; n++) {
      one.log.add('git', 'MCPServerStarted', `one ${n}`);
      two.log.add('git', 'MCPServerStarted', `two ${n}`);
      if (n % 20 === 0) await Promise.all([one.history.flush(), two.history.flush()]);
    }
    for (const { log } of [one, two])
      await eventually(
        () => new Set(log.list().map(({ message }) => message)).size === all && log.list().length === all,
      );
    expect(one.log.list().filter(({ host }) => host === 'two')).toHaveLength(count);
    const third = await openHost('three');
    const texts = third.log.list().map(({ message }) => message);
    expect(texts).toHaveLength(all);
    for (const name of ['one', 'two'])
      expect(texts.filter((text) => text.startsWith(name))).toEqual(
        Array.from({ length: count }, (_, n) => `${name} ${n}`),
      );
    // A commit whose answer was lost is written again.
    const rows = await one.database
      .over<EventTables>()
      .read.selectFrom('events_history')
      .selectAll()
      .execute();
    const [row] = rows;
    if (row === undefined) throw new Error('no event');
    await one.database.over<EventTables>().transaction((tx) => insertEvents(tx, [{ ...row, seq: 10_000 }]));
    expect((await openHost('four')).log.list()).toHaveLength(all);
  },
);
