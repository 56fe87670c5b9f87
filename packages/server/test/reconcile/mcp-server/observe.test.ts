import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import {
  failuresAt,
  fold,
  lastErrorAt,
  NOTHING_OBSERVED,
  type FoldContext,
  type Observed,
  type Occurrence,
} from '../../../src/reconcile/mcp-server/observe.ts';
import { sanitise } from '../../../src/reconcile/mcp-server/sanitise.ts';
import { found, HANDSHAKE, tools } from '../../snapshot/found.ts';
import { declared } from './declared.ts';

const { restart, health } = declared().resource.spec;
const T0 = 1_000_000;

const at = (nowMs: number): FoldContext => ({
  nowMs,
  chance: 0.25,
  restart,
  maxFailures: health.maxFailures,
  clean: (text) => sanitise(text, ['hunter2']),
});

function folded(occurrences: readonly Occurrence[], nowMs = T0, from = NOTHING_OBSERVED): Observed {
  return occurrences.reduce((observed, occurrence) => fold(observed, occurrence, at(nowMs)), from);
}

const server = 'git';
const dialled = (attempt: number, fresh = false, identity = 'i'): Occurrence => ({
  kind: 'dialled',
  attempt,
  identity,
  fresh,
});
const ready = (attempt: number): Occurrence => ({ kind: 'ready', server, attempt, handshake: HANDSHAKE });
const ended = (
  attempt: number,
  kind: 'exited' | 'lost' | 'unresponsive' | 'handshake' | 'auth_required' | 'closed' = 'exited',
  reason = 'exited with code 1',
): Occurrence => ({ kind: 'ended', server, attempt, end: { kind, reason } });
const unhealthy = (failures: number): Occurrence => ({
  kind: 'unhealthy',
  server,
  reason: 'no answer',
  failures,
});

describe('an attempt', () => {
  test('is asked, connecting, ready, ended, each known from what the gateway saw', () => {
    verifies('SUP-03', 'SRV-09');
    const asked = folded([dialled(1, true)]);
    expect(asked).toMatchObject({ phase: 'asked', attempt: 1, lastAttemptMs: T0 });
    const connecting = folded([{ kind: 'connecting', server, attempt: 1 }], T0, asked);
    expect(connecting.phase).toBe('connecting');
    const up = folded([ready(1)], T0 + 5, connecting);
    expect(up).toMatchObject({
      phase: 'ready',
      readySinceMs: T0 + 5,
      lastConnectedMs: T0 + 5,
      protocol: { era: 'legacy', protocolVersion: '2025-11-25' },
    });
    const over = folded([ended(1)], T0 + 9, up);
    expect(over).toMatchObject({
      phase: 'ended',
      failures: 1,
      lastError: 'exited with code 1',
      readySinceMs: undefined,
    });
    expect(over.end).toEqual({ kind: 'exited', reason: 'exited with code 1', atMs: T0 + 9, chance: 0.25 });
  });

  test.each([
    ['of an older attempt', ready(1)],
    ['of an older attempt', ended(1)],
    ['that was told before', { kind: 'connecting', server, attempt: 2 }],
    ['of health without trouble', { kind: 'healthy', server }],
    [
      'of a process that is not ours',
      { kind: 'discovered', server, configDigest: 'other', found: found({}) },
    ],
  ] satisfies [string, Occurrence][])('news %s changes nothing: %o', (_, occurrence) => {
    const before = folded([dialled(1), dialled(2), { kind: 'connecting', server, attempt: 2 }]);
    expect(folded([occurrence], T0 + 1, before)).toBe(before);
  });

  test('that ended or was put on hold has no more to tell', () => {
    const over = folded([dialled(1), ready(1), ended(1)]);
    expect(folded([ended(1), ready(1)], T0, over)).toBe(over);
    const admission = { kind: 'hold', state: 'Suspended', reason: 'r', retryAtMs: undefined } as const;
    const held = folded([dialled(1), ready(1), { kind: 'held', admission, idle: true }]);
    expect(held).toMatchObject({ phase: 'idle', readySinceMs: undefined });
    expect(folded([ended(1), ready(1)], T0, held)).toBe(held);
  });

  test('that the gateway closed is no failure, and neither is one that needs a login', () => {
    expect(folded([dialled(1), ready(1), ended(1, 'closed')])).toMatchObject({
      failures: 0,
      lastError: undefined,
    });
    const login = folded([dialled(1), ended(1, 'auth_required', 'log in')]);
    expect(login).toMatchObject({ failures: 0, lastError: 'log in' });
  });
});

describe('a series of failures', () => {
  const crash = (n: number): readonly Occurrence[] => [dialled(n), ready(n), ended(n)];

  test('counts on over short lives and ends after a minute of health', () => {
    verifies('SUP-02');
    const thrice = folded([...crash(1), ...crash(2), ...crash(3)]);
    expect(thrice.failures).toBe(3);
    const up = folded([dialled(4), ready(4)], T0, thrice);
    const { resetAfterMs } = restart;
    expect(failuresAt(up, restart, T0 + resetAfterMs - 1)).toBe(3);
    expect(lastErrorAt(up, restart, T0 + resetAfterMs - 1)).toBe('exited with code 1');
    expect(failuresAt(up, restart, T0 + resetAfterMs)).toBe(0);
    expect(lastErrorAt(up, restart, T0 + resetAfterMs)).toBeUndefined();
    expect(folded([ended(4)], T0 + resetAfterMs - 1, up).failures).toBe(4);
    expect(folded([ended(4)], T0 + resetAfterMs, up).failures).toBe(1);
  });

  test('ends with a fresh start', () => {
    expect(folded([...crash(1), dialled(2, true)])).toMatchObject({ failures: 0, lastError: undefined });
    expect(folded([...crash(1), { kind: 'restart_requested' }])).toMatchObject({
      failures: 0,
      phase: 'idle',
      admission: undefined,
    });
  });
});

describe('checks', () => {
  test('that fail are noted; as many in a row as declared end the attempt', () => {
    verifies('SUP-03');
    const up = folded([dialled(1), ready(1)]);
    const once = folded([unhealthy(1)], T0, up);
    expect(once).toMatchObject({ phase: 'ready', unhealthy: { failures: 1, reason: 'no answer' } });
    expect(folded([{ kind: 'healthy', server }], T0, once).unhealthy).toBeUndefined();
    const over = folded([unhealthy(2), unhealthy(3)], T0, once);
    expect(over).toMatchObject({ phase: 'ended', end: { kind: 'unresponsive' }, failures: 1 });
  });
});

describe('a discovery', () => {
  const lists = found({ tools: tools('a') });
  const discovered: Occurrence = { kind: 'discovered', server, configDigest: 'i', found: lists };

  test('is kept as a copy; the same again is no news', () => {
    verifies('CAT-03');
    const once = folded([dialled(1), discovered]);
    expect(once.discovery?.found).toEqual(lists);
    expect(once.discovery?.found.tools[0]).not.toBe(lists.tools[0]);
    expect(folded([discovered], T0, once)).toBe(once);
  });

  test('from the cache becomes live when it is seen again, as the very same object', () => {
    verifies('CAT-04');
    const loaded = folded([{ kind: 'loaded', configDigest: 'i', found: lists }, dialled(1)]);
    expect(loaded.discovery?.live).toBe(false);
    const live = folded([discovered], T0, loaded);
    expect(live.discovery?.live).toBe(true);
    expect(live.discovery?.found).toBe(loaded.discovery?.found);
  });
});

test('what asks its clients is known as such until it is another process', () => {
  const asking = folded([dialled(1), ready(1), { kind: 'interactive', server }]);
  expect(asking.interactive).toBe(true);
  expect(folded([dialled(2)], T0, asking).interactive).toBe(true);
  expect(folded([dialled(2, true, 'other')], T0, asking).interactive).toBe(false);
});

test('text from servers is made fit to be shown before it is kept', () => {
  verifies('SRV-09');
  const reason = `exited\u001B[31m\nwith hunter2\u202E ${'x'.repeat(5_000)}`;
  const { lastError = '' } = folded([dialled(1), ended(1, 'exited', reason)]);
  expect(lastError).toMatch(/^exited \[31m with \*\*\* {2}?x+…$/);
  expect(lastError).toHaveLength(1_000);
});
