import { describe, expect, it } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { digestOf, ParkedCalls } from '../../../src/gateway/sessions/parked.ts';
import { createSealer } from '../../../src/gateway/sessions/seal.ts';
import { UsedOnce } from '../../../src/gateway/sessions/used-once.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';
import { aCall } from '../entry.ts';

const TIMEOUT_MS = 5 * 60_000;
const KEY = Buffer.alloc(32, 7);

function open(max = 10) {
  const clock = createManualClock();
  const sealer = createSealer(KEY, 'me');
  const parked = new ParkedCalls<{ name: string }>({
    clock,
    sealer,
    max,
    timeoutMs: TIMEOUT_MS,
    internalError() {},
  });
  const park = (name: string) => parked.park({ name }, aCall(0, { name: 'x' }).exchange);
  const take = (state: string | undefined) => {
    const sealed = sealer.open(state ?? '');
    return sealed === undefined ? undefined : parked.take(sealed.value, sealed.nonce)?.name;
  };
  return { clock, parked, sealer, park, take };
}

describe('a parked call', () => {
  it('is taken up by its state, once, and by no other', () => {
    verifies('GW-05');
    const { park, take, parked } = open();
    const [a, b] = [park('a'), park('b')];
    expect(take(b)).toBe('b');
    expect(take(b)).toBeUndefined();
    expect(take(a)).toBe('a');
    expect(parked.size).toBe(0);
  });

  it('is given up when nobody comes back in time', () => {
    verifies('GW-05', 'GW-08');
    const { clock, park, take, parked } = open();
    const state = park('a');
    clock.advance(TIMEOUT_MS - 1_000);
    expect(parked.size).toBe(1);
    clock.advance(2_000);
    expect(parked.size).toBe(0);
    expect(take(state)).toBeUndefined();
    expect(clock.waiting).toBe(0);
  });

  it('finds no place beyond the limit', () => {
    verifies('GW-05');
    const { park, take } = open(2);
    const first = park('a');
    park('b');
    expect(park('c')).toBeUndefined();
    take(first);
    expect(park('c')).toBeDefined();
  });
});

describe('a state', () => {
  it('that was changed anywhere is not opened, nor one of another key; whose it is can be told', () => {
    verifies('GW-05', 'SEC-13');
    const { park, sealer } = open();
    const state = park('a') ?? '';
    for (let at = 0; at < state.length; at++) {
      const other = state[at] === 'A' ? 'B' : 'A';
      const changed = `${state.slice(0, at)}${other}${state.slice(at + 1)}`;
      // The last characters of base64 may stand for the same bytes.
      const opened = sealer.open(changed);
      if (opened !== undefined) expect(opened).toEqual(sealer.open(state));
    }
    for (const text of ['', '.', '..', 'a.b', `${state}.x`, state.slice(1), 'é'.repeat(99)])
      expect(sealer.open(text)).toBeUndefined();
    expect(createSealer(KEY, 'you').open(state)?.owner).toBe('me');
    expect(createSealer(Buffer.alloc(32, 8), 'me').open(state)).toBeUndefined();
  });

  it('is bound to what was asked for', () => {
    const digest = (params: unknown): string => digestOf(aCall(0, params).exchange);
    const base = digest({ name: 'x', arguments: { a: 1 } });
    expect(digest({ name: 'x', arguments: { a: 1 }, _meta: { other: 1 } })).toBe(base);
    for (const params of [
      { name: 'y', arguments: { a: 1 } },
      { name: 'x', arguments: { a: 2 } },
      { name: 'x' },
      { name: 'xa', arguments: {} },
    ])
      expect(digest(params)).not.toBe(base);
  });

  it('is good for one use until it expires', () => {
    const used = new UsedOnce();
    expect(used.use('a', 100, 0)).toBe(true);
    expect(used.use('a', 100, 50)).toBe(false);
    expect(used.use('b', 300, 200)).toBe(true);
    expect(used.use('b', 300, 250)).toBe(false);
  });
});
