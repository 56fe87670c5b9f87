import type { BudgetAmounts, BudgetScope } from '@tutti/schemas';
import { BudgetSchema } from '@tutti/schemas';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import {
  availableOf,
  type BudgetRow,
  describeShortage,
  release,
  reserve,
  settle,
} from '../../../src/coordination/budgets/budget.ts';

const project: BudgetScope = { kind: 'project', id: 'p' };
const row = (change: Partial<BudgetRow> = {}): BudgetRow => ({
  scope: project,
  unit: 'tokens',
  limit: 100,
  reserved: 0,
  spent: 0,
  overrun: 0,
  ...change,
});

describe('a budget', () => {
  test('gives all or nothing', () => {
    verifies('TSK-12');
    const rows = [row(), row({ unit: 'money_micros', limit: 10 })];
    expect(reserve(rows, { tokens: 50, money_micros: 11 })).toEqual({
      kind: 'refused',
      shortages: [{ scope: project, unit: 'money_micros', asked: 11, available: 10, limit: 10 }],
    });
    const reserved = reserve(rows, { tokens: 50, money_micros: 10 });
    expect(reserved.kind === 'reserved' ? reserved.rows.map(availableOf) : reserved).toEqual([50, 0]);
  });

  test('is not given to work that does not say what it needs', () => {
    verifies('TSK-12');
    const refused = reserve([row()], { tasks: 1 });
    expect(refused).toMatchObject({ kind: 'refused', shortages: [{ asked: undefined, available: 100 }] });
    if (refused.kind !== 'refused') return;
    expect(refused.shortages.map(describeShortage)).toEqual([
      'the budget of project `p` limits tokens, and the task does not say how much it needs; give it a budget with tokens',
    ]);
  });

  test('charges what was used, and remembers what went beyond the limit', () => {
    verifies('TSK-12');
    const held = row({ reserved: 60 });
    expect(settle(held, 60, 20)).toMatchObject({ reserved: 0, spent: 20, overrun: 0 });
    const over = settle(row({ reserved: 80 }), 60, 120);
    expect(over).toMatchObject({ reserved: 20, spent: 80, overrun: 40 });
    // What the other one gives back is taken already.
    expect(availableOf(release(over, 20))).toBe(0);
  });

  test('of depth is a level that nothing adds up to', () => {
    verifies('TSK-12');
    const depth = row({ unit: 'depth', limit: 3 });
    expect(reserve([depth], { depth: 3 })).toEqual({ kind: 'reserved', rows: [depth] });
    expect(reserve([depth], { depth: 4 })).toMatchObject({ kind: 'refused' });
    expect([settle(depth, 3, 3), release(depth, 3)]).toEqual([depth, depth]);
  });

  test('is written with durations as people write them', () => {
    expect(BudgetSchema.parse({ tokens: 5, wall_time: '2m', depth: 0 })).toEqual({
      tokens: 5,
      wall_time_ms: 120_000,
      depth: 0,
    });
    expect(BudgetSchema.safeParse({ tokens: 1.5 }).success).toBe(false);
    expect(BudgetSchema.safeParse({ tokens: -1 }).success).toBe(false);
  });
});

const amount = fc.integer({ min: 0, max: 60 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('reserve' as const), amount }),
  fc.record({ kind: fc.constant('settle' as const), which: fc.nat(20), actual: amount }),
  fc.record({ kind: fc.constant('release' as const), which: fc.nat(20) }),
);

test('whatever comes in whichever order, reservations never exceed the limit and nothing is lost', () => {
  verifies('TSK-12');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 150 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
      let now = row({ limit });
      const held: number[] = [];
      let used = 0;
      for (const next of steps) {
        if (next.kind === 'reserve') {
          const amounts: BudgetAmounts = { tokens: next.amount };
          const answer = reserve([now], amounts);
          expect(answer.kind === 'reserved').toBe(next.amount <= availableOf(now));
          if (answer.kind === 'refused') continue;
          now = answer.rows[0] ?? now;
          held.push(next.amount);
        } else if (held.length > 0) {
          const [own = 0] = held.splice(next.which % held.length, 1);
          now = next.kind === 'release' ? release(now, own) : settle(now, own, next.actual);
          used += next.kind === 'settle' ? next.actual : 0;
        }
        expect(now.reserved + now.spent).toBeLessThanOrEqual(limit);
        expect(now.reserved).toBe(held.reduce((sum, one) => sum + one, 0));
        expect(now.spent + now.overrun).toBe(used);
      }
    }),
  );
});
