import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { MAX_RECORD_BYTES, openKeptSessions } from '../../../src/app/bindings/kept-sessions/kept-sessions.ts';
import { SESSION_MIGRATIONS } from '../../../src/app/bindings/kept-sessions/migrations.ts';
import type { SessionTables } from '../../../src/app/bindings/kept-sessions/queries.ts';
import { FLUSH_MS } from '../../../src/app/bindings/write-behind.ts';
import type { SessionRecord } from '../../../src/gateway/ports.ts';
import { createManualClock, type ManualClock } from '../../kernel/manual-clock.ts';
import { closeStoresAfterTests, openTest, stores } from '../../store/support/stores.ts';

closeStoresAfterTests();

const LIMITS = { maxSessions: 3, sessionIdleMs: 1_000, sessionAbsoluteMs: 5_000 };

describe.each(stores)('sessions on $name', ({ freshUrl }) => {
  async function open(url: string, clock: ManualClock = createManualClock()) {
    const database = await openTest(url, { migrations: [SESSION_MIGRATIONS] });
    const warnings: string[] = [];
    const deps = { database, replica: 'here', clock, random: () => 0.5, limits: LIMITS };
    const kept = await openKeptSessions({ ...deps, warn: (message) => warnings.push(message) });
    const record = (key: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
      key,
      principal: 'local',
      credentials: ['local'],
      place: 'all',
      protocolVersion: '2025-11-25',
      capabilities: '{"roots":{}}',
      clientInfo: '{"name":"é \\u0000"}',
      asked: 'search',
      logLevel: undefined,
      subscriptions: ['x:one'],
      catalog: 'c',
      createdMs: clock.nowMs(),
      lastUsedMs: clock.nowMs(),
      ...more,
    });
    const close = async () => {
      await kept[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    };
    return { tables: database.over<SessionTables>(), kept, clock, warnings, record, close };
  }

  test('are there after a restart as they were put last, and those that ended are not', async () => {
    verifies('SES-03');
    const url = freshUrl();
    const { kept, record, close, clock } = await open(url);
    kept.put(record('one'));
    kept.put(record('gone'));
    await kept.flush();
    const last = record('one', { logLevel: 'error', clientInfo: undefined, lastUsedMs: clock.nowMs() + 5 });
    kept.put(last);
    kept.remove('gone');
    kept.put(record('two', { asked: undefined }));
    await close();
    const second = await open(url, clock);
    expect(second.kept.earlier).toEqual([last, record('two', { asked: undefined })]);
    expect(second.warnings).toEqual([]);
  });

  test('are written behind, within a moment', async () => {
    verifies('SES-03');
    const { kept, record, clock, tables } = await open(freshUrl());
    const count = async () => (await tables.read.selectFrom('sessions_records').selectAll().execute()).length;
    kept.put(record('one'));
    expect(await count()).toBe(0);
    clock.advance(FLUSH_MS);
    await kept.flush();
    expect(await count()).toBe(1);
  });

  test('are bounded: the last used are kept, what is over or too large is not', async () => {
    verifies('SES-03');
    const url = freshUrl();
    const { kept, record, close, clock } = await open(url);
    for (let index = 0; index < 5; index++)
      kept.put(record(`key-${index}`, { lastUsedMs: clock.nowMs() + index }));
    kept.put(record('large', { capabilities: 'x'.repeat(MAX_RECORD_BYTES), lastUsedMs: clock.nowMs() + 9 }));
    kept.put(record('idle', { lastUsedMs: clock.nowMs() - LIMITS.sessionIdleMs }));
    kept.put(record('old', { createdMs: clock.nowMs() - LIMITS.sessionAbsoluteMs }));
    await close();
    const { kept: later, tables } = await open(url, clock);
    expect(later.earlier.map(({ key }) => key)).toEqual(['key-4', 'key-3', 'key-2']);
    expect(await tables.read.selectFrom('sessions_records').select('key').execute()).toHaveLength(5);
  });

  test('that the store cannot take now are tried again; what another version wrote is left out', async () => {
    verifies('SES-03');
    const url = freshUrl();
    const { kept, record, tables, warnings, clock, close } = await open(url);
    await tables.transaction((tx) =>
      tx
        .insertInto('sessions_records')
        .values([
          { key: 'a', created_ms: clock.nowMs(), last_used_ms: clock.nowMs(), record: '{}', replica: 'here' },
          {
            key: 'b',
            created_ms: clock.nowMs(),
            last_used_ms: clock.nowMs(),
            record: 'no JSON',
            replica: 'here',
          },
        ])
        .execute(),
    );
    kept.put(record('bad', { createdMs: Number.NaN }));
    await kept.flush();
    expect(warnings).toEqual(['cannot write sessions to the store; they are tried again']);
    kept.put(record('bad'));
    clock.advance(60_000);
    await kept.flush();
    const keys = await tables.read.selectFrom('sessions_records').select('key').orderBy('key').execute();
    expect(keys.map(({ key }) => key)).toEqual(['a', 'b', 'bad']);
    await close();
    const later = await open(url, createManualClock());
    expect(later.kept.earlier.map(({ key }) => key)).toEqual(['bad']);
  });
});
