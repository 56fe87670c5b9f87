import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { Exchange, type Ask, type Reply } from '../../../src/gateway/exchange.ts';
import {
  HELD_SHARE,
  MAX_HELD_CALL_BYTES,
  MAX_HELD_CALLS,
  MAX_KEPT_RESULT_BYTES,
  MAX_KEPT_RESULTS_BYTES,
} from '../../../src/gateway/limits.ts';
import type { ResultRecord, ResultStore } from '../../../src/gateway/ports.ts';
import type { HeldCall } from '../../../src/gateway/tasks/held-call.ts';
import { TAKE_UP_MS } from '../../../src/gateway/tasks/held-call.ts';
import { HeldCalls } from '../../../src/gateway/tasks/held-calls.ts';
import { newHeldId } from '../../../src/gateway/tasks/held-id.ts';
import { takenUp } from '../../../src/gateway/tasks/held-outcome.ts';
import { KeptResults } from '../../../src/gateway/tasks/kept-results.ts';
import { isTimeout } from '../../../src/gateway/tasks/long-calls.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';
import { CALLER, message } from '../entry.ts';

const TTL_MS = 600_000;
const SHARE = MAX_HELD_CALLS * HELD_SHARE;

/** What a store has after all that was put and removed. */
function createMemory(earlier: readonly ResultRecord[] = []) {
  const records = new Map(earlier.map((record) => [record.id, record]));
  const store: ResultStore = {
    earlier,
    put: (record) => void records.set(record.id, record),
    remove: (id) => void records.delete(id),
  };
  return { records, store };
}

function open(earlier: readonly ResultRecord[] = [], clock = createManualClock()) {
  const { records, store } = createMemory(earlier);
  const limits: string[] = [];
  const calls = new HeldCalls({
    clock,
    ttlMs: TTL_MS,
    askTimeoutMs: 5_000,
    kept: new KeptResults(store),
    changed() {},
    limitReached: (limit) => limits.push(limit),
  });
  const exchangeOf = (principal = 'local', params: unknown = { name: 'x' }) => {
    const replies: Reply[] = [];
    const exchange = new Exchange({
      request: message({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
      method: 'tools/call',
      caller: { ...CALLER, principal },
      server: 'one',
      tool: 'x',
      renames: [],
      paramHeaders: undefined,
      startedMs: clock.nowMs(),
      deadlineMs: clock.nowMs() + 1_000,
      channel: { notify() {}, ask() {}, finish: (reply) => void replies.push(reply) },
      owner: { finished() {} },
    });
    return { exchange, replies };
  };
  const hold = (principal = 'local', identity?: string, isTask = false): HeldCall | undefined =>
    calls.hold({ exchange: exchangeOf(principal).exchange, identity, isTask });
  return { clock, calls, limits, hold, exchangeOf, records };
}

const result = (bytes: number): Reply => ({ kind: 'result', json: `{"x":"${'x'.repeat(bytes)}"}` });

describe('held calls', () => {
  test('are forgotten after their time, which begins at their end', () => {
    verifies('GW-09');
    const { clock, calls, hold } = open();
    const held = hold();
    clock.advance(2 * TTL_MS);
    expect(calls.of('local')).toEqual([held]);
    held?.finish(result(1));
    clock.advance(TTL_MS - 1);
    expect(calls.of('local')).toEqual([held]);
    clock.advance(TTL_MS);
    expect(calls.size).toBe(0);
    expect(clock.waiting).toBe(0);
  });

  test('of one principal take no room from others, and what is under way is not forgotten for new ones', () => {
    verifies('GW-09');
    const { calls, hold, limits } = open();
    const mine = Array.from({ length: SHARE }, () => hold());
    expect(hold()).toBeUndefined();
    expect(limits).toEqual(['max_held_calls']);
    expect(hold('other')).toBeDefined();
    mine[3]?.finish(result(1));
    expect(hold()).toBeDefined();
    expect(calls.of('local')).toHaveLength(SHARE);
    expect(calls.of('local')).not.toContain(mine[3]);
  });

  test('are bounded in bytes: the oldest results of the same principal go, and one that is too large is not kept', () => {
    verifies('GW-09');
    const { calls, hold, limits } = open();
    const share = MAX_HELD_CALL_BYTES * HELD_SHARE;
    const [first, second, other, large] = [hold(), hold(), hold('other'), hold()];
    other?.finish(result(share / 2));
    first?.finish(result(share / 2));
    second?.finish(result(share / 2));
    expect(calls.of('local')).toEqual([second, large]);
    expect(calls.of('other')).toEqual([other]);
    large?.finish(result(share));
    expect(large?.outcome).toMatchObject({ kind: 'error', error: { code: -32_003 } });
    expect(limits).toEqual(['max_held_bytes']);
  });

  test('are taken up by the same call once, for a while after their end', () => {
    verifies('GW-09');
    const { clock, calls, hold, exchangeOf } = open();
    const held = hold('local', 'same');
    expect(calls.same('other')).toBeUndefined();
    expect(calls.same('same')).toBe(held);
    const again = exchangeOf();
    held?.submit(again.exchange);
    // It is waited for; who waits may be lost, too.
    expect(calls.same('same')).toBeUndefined();
    expect(held?.lost(again.exchange)).toBe(true);
    held?.finish(result(1));
    clock.advance(TAKE_UP_MS - 1);
    expect(calls.same('same')).toBe(held);
    clock.advance(1);
    expect(calls.same('same')).toBeUndefined();
    const seen = hold('local', 'seen');
    seen?.finish({ kind: 'result', json: '{"content":[]}' });
    const late = exchangeOf();
    seen?.submit(late.exchange);
    expect(late.replies).toMatchObject([{ kind: 'result' }]);
    expect(calls.same('seen')).toBeUndefined();
  });

  test('that nobody can be asked about get an answer at once, those with a client in time', () => {
    verifies('GW-09');
    const { clock, hold } = open();
    const settled: string[] = [];
    const ask = (name: string): Ask => ({
      method: 'elicitation/create',
      params: undefined,
      progressToken: undefined,
      settle: ({ kind }) => void settled.push(`${name} ${kind}`),
      progress() {},
      onWithdrawn: undefined,
    });
    hold()?.ask(ask('left'));
    expect(settled).toEqual(['left error']);
    const task = hold('local', undefined, true);
    for (const name of ['one', 'two', 'three']) task?.ask(ask(name));
    expect([...(task?.inputRequests().keys() ?? [])]).toEqual(['input-1', 'input-2', 'input-3']);
    task?.answer('input-2', Buffer.from('{}'));
    clock.advance(5_000);
    expect(settled).toEqual(['left error', 'two result', 'one error', 'three error']);
  });
});

describe('over a restart held calls', () => {
  const UNKNOWN = { kind: 'error', error: { code: -32_007, data: { kind: 'outcome_unknown' } } };

  test('are there with what they came to, to the byte, for the rest of their time', () => {
    verifies('GW-09');
    const { clock, hold, records } = open();
    const [one, two] = [hold('local', 'same'), hold()];
    one?.finish({ kind: 'result', json: '{"n": 12345678901234567890,"isError":true}' });
    two?.finish({ kind: 'error', error: { code: -32_001, message: 'late', data: { kind: 'timeout' } } });
    clock.advance(TTL_MS - 1);
    const { calls } = open([...records.values()], clock);
    expect(calls.of('local').map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'result', isError: true },
      { kind: 'error', error: { code: -32_001, message: 'late', data: { kind: 'timeout' } } },
    ]);
    const [first] = calls.of('local');
    expect(first).toMatchObject({ principal: 'local', tool: 'x', ref: one?.ref });
    expect(String(first?.outcome?.kind === 'result' && first.outcome.json)).toContain('12345678901234567890');
    clock.advance(1);
    expect(calls.of('local')).toEqual([]);
  });

  test('that were under way have an unknown outcome, and the same call hears so once', () => {
    verifies('GW-09');
    const { clock, hold, records } = open();
    const held = hold('local', 'same');
    clock.advance(2 * TTL_MS);
    const { calls, exchangeOf, records: later } = open([...records.values()], clock);
    const found = calls.get(held?.ref ?? { server: '', home: '', id: '' }, 'local');
    expect(found?.outcome).toMatchObject(UNKNOWN);
    const again = exchangeOf();
    calls.same('same')?.submit(again.exchange);
    expect(again.replies).toMatchObject([UNKNOWN]);
    expect(calls.same('same')).toBeUndefined();
    // That it was heard, and since when it is known, holds over one more restart.
    clock.advance(TAKE_UP_MS / 2);
    const third = open([...later.values()], clock);
    expect(third.calls.same('same')).toBeUndefined();
    clock.advance(TTL_MS - TAKE_UP_MS / 2);
    expect(third.calls.of('local')).toEqual([]);
  });

  test('that were seen are not taken up again, and those that were dropped or too old are gone', () => {
    verifies('GW-09');
    const { clock, calls, hold, records } = open();
    const [seen, dropped, old] = [hold('local', 'seen'), hold(), hold()];
    old?.finish(result(1));
    clock.advance(TTL_MS + 30_000);
    seen?.finish(result(1));
    dropped?.finish(result(1));
    seen?.markSeen();
    if (dropped !== undefined) calls.drop(dropped);
    const later = open([...records.values()], clock);
    expect(later.calls.of(undefined).map(({ ref }) => ref.id)).toEqual([seen?.ref.id]);
    expect(later.calls.same('seen')).toBeUndefined();
  });

  test('say so where a result was too large, or all of them were', () => {
    verifies('GW-09');
    const { hold, records, clock } = open();
    hold('a')?.finish(result(MAX_KEPT_RESULT_BYTES));
    const most = MAX_KEPT_RESULT_BYTES - 100;
    for (let index = 0; index <= Math.ceil(MAX_KEPT_RESULTS_BYTES / most); index += 1)
      hold(`b${index % 3}`)?.finish(result(most - 8));
    const { calls } = open([...records.values()], clock);
    expect(calls.of('a').map(({ outcome }) => outcome)).toMatchObject([UNKNOWN]);
    const kinds = calls.of(undefined).map(({ outcome }) => outcome?.kind);
    expect(kinds.filter((kind) => kind === 'result')).toHaveLength(Math.floor(MAX_KEPT_RESULTS_BYTES / most));
    expect(kinds.at(-1)).toBe('error');
  });

  test('of which nothing was written say that the restart is why; others are just not there', () => {
    verifies('GW-09');
    const clock = createManualClock();
    const ref = { server: 'one', home: '', id: newHeldId(clock.nowMs()) };
    clock.advance(1);
    const { calls } = open([], clock);
    expect(calls.get(ref, 'local')?.outcome).toMatchObject(UNKNOWN);
    expect(calls.get({ ...ref, id: newHeldId(clock.nowMs()) }, 'local')).toBeUndefined();
    expect(calls.get({ ...ref, id: 'other' }, 'local')).toBeUndefined();
    expect(calls.of(undefined)).toEqual([]);
    clock.advance(TTL_MS);
    expect(calls.get(ref, 'local')).toBeUndefined();
  });

  test('that fail because Tutti stops are as unknown as after a kill', () => {
    verifies('GW-09');
    const { calls, clock, hold, records } = open();
    const [failed, done] = [hold('a'), hold('b')];
    calls.closing();
    failed?.finish({ kind: 'error', error: { code: -32_000, message: 'stopping', data: undefined } });
    done?.finish(result(1));
    const later = open([...records.values()], clock).calls;
    expect(later.of('a')[0]?.outcome).toMatchObject(UNKNOWN);
    expect(later.of('b')[0]?.outcome).toMatchObject({ kind: 'result' });
  });
});

test.each([
  ['McpError: MCP error -32001: Request timed out', true],
  ['request timeout', true],
  ['TimeoutError: The operation was aborted due to timeout', true],
  ['context deadline exceeded', true],
  ['AbortError: This operation was aborted', false],
  ['the user pressed stop', false],
  ['sometimes outdated', false],
  [undefined, false],
])('%s is a timeout: %s', (reason, isOne) => {
  verifies('GW-09');
  expect(isTimeout(reason)).toBe(isOne);
});

test.each(['{"content":[]}', '{"n":1e400,"content":[ {"type":"text","text":"]"} ],"isError":true}'])(
  'a result that is taken up is %s with a note behind its content',
  (json) => {
    verifies('GW-09');
    const text = takenUp(Buffer.from(json), 0).toString();
    expect(text).toContain('1970-01-01T00:00:00.000Z');
    const note = text.slice(text.lastIndexOf('{"type"'), text.lastIndexOf(']'));
    expect(text.replace(`,${note}`, '').replace(note, '')).toBe(json);
    expect(() => JSON.parse(text)).not.toThrow();
  },
);
