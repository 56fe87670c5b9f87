import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { openKeptResults } from '../../../src/app/bindings/kept-results/kept-results.ts';
import { RESULT_MIGRATIONS } from '../../../src/app/bindings/kept-results/migrations.ts';
import type { ResultTables } from '../../../src/app/bindings/kept-results/queries.ts';
import { FLUSH_MS } from '../../../src/app/bindings/write-behind.ts';
import { MAX_HELD_CALLS } from '../../../src/gateway/limits.ts';
import type { ResultRecord } from '../../../src/gateway/ports.ts';
import { createManualClock, type ManualClock } from '../../kernel/manual-clock.ts';
import { closeStoresAfterTests, openTest, stores } from '../../store/support/stores.ts';

closeStoresAfterTests();

const TTL_MS = 1_000;

describe.each(stores)('results of held calls on $name', ({ freshUrl }) => {
  async function open(url: string, clock: ManualClock = createManualClock()) {
    const database = await openTest(url, { migrations: [RESULT_MIGRATIONS] });
    const warnings: string[] = [];
    const kept = await openKeptResults({
      database,
      replica: 'here',
      clock,
      random: () => 0.5,
      ttlMs: TTL_MS,
      warn: (message) => warnings.push(message),
    });
    const record = (id: string, more: Partial<ResultRecord> = {}): ResultRecord => ({
      id,
      principal: 'local',
      server: 'family a',
      tool: 'x',
      identity: undefined,
      isTask: false,
      startedMs: clock.nowMs(),
      end: undefined,
      ...more,
    });
    const close = async (): Promise<void> => {
      await kept[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    };
    return { tables: database.over<ResultTables>(), kept, clock, warnings, record, close };
  }

  test('are there after a restart as they were put last, and those that were removed are not', async () => {
    verifies('GW-09');
    const url = freshUrl();
    const { kept, record, close, clock } = await open(url);
    kept.put(record('one'));
    kept.put(record('gone'));
    await kept.flush();
    const json = '{"n": 12345678901234567890,"text":"é \\u0000"}';
    const end = { endedMs: clock.nowMs() + 5, isSeen: true, kind: 'result', json } as const;
    const last = record('one', { end, identity: 'i', tool: undefined });
    kept.put(last);
    kept.remove('gone');
    kept.put(record('two', { isTask: true, startedMs: clock.nowMs() + 1 }));
    await close();
    const second = await open(url, clock);
    expect(second.kept.earlier).toEqual([
      last,
      record('two', { isTask: true, startedMs: clock.nowMs() + 1 }),
    ]);
    expect(second.warnings).toEqual([]);
  });

  test('are written behind; what is over by its time goes, what is under way stays', async () => {
    verifies('GW-09');
    const url = freshUrl();
    const { kept, record, clock, tables, close } = await open(url);
    const ids = async () =>
      (await tables.read.selectFrom('results_records').select('id').orderBy('id').execute()).map(
        ({ id }) => id,
      );
    const end = { isSeen: false, kind: 'cancelled', json: undefined } as const;
    kept.put(record('old', { end: { ...end, endedMs: clock.nowMs() } }));
    kept.put(record('new', { end: { ...end, endedMs: clock.nowMs() + 1 } }));
    kept.put(record('open'));
    expect(await ids()).toEqual([]);
    clock.advance(FLUSH_MS);
    await kept.flush();
    expect(await ids()).toEqual(['new', 'old', 'open']);
    await close();
    clock.advance(TTL_MS - FLUSH_MS);
    const later = await open(url, clock);
    expect(later.kept.earlier.map(({ id }) => id).toSorted()).toEqual(['new', 'open']);
  });

  test('are the newest of too many; what another version wrote is left out', async () => {
    verifies('GW-09');
    const url = freshUrl();
    const { kept, record, tables, clock, close } = await open(url);
    const row = { started_ms: clock.nowMs() + 10_000, ended_ms: null, replica: 'here' };
    await tables.transaction((tx) =>
      tx
        .insertInto('results_records')
        .values([
          { id: 'a', ...row, record: '{}' },
          { id: 'b', ...row, record: 'no JSON' },
        ])
        .execute(),
    );
    for (let index = 0; index < MAX_HELD_CALLS; index += 1)
      kept.put(record(`n${index}`, { startedMs: clock.nowMs() + index }));
    await close();
    const { earlier } = (await open(url, clock)).kept;
    expect(earlier).toHaveLength(MAX_HELD_CALLS - 2);
    expect([earlier[0]?.id, earlier.at(-1)?.id]).toEqual(['n2', `n${MAX_HELD_CALLS - 1}`]);
  });
});
