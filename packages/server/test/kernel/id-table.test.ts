import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { IdTable } from '../../src/kernel/id-table.ts';

// Numbers that meet in a slot of a small table, next to each other and far apart, and numbers above 32 bits.
const id = fc.oneof(
  fc.nat(40),
  fc.nat(8).map((at) => at * 16),
  fc.nat(8).map((at) => 2 ** 32 + at * 16),
);

test('it holds what a map would hold', () => {
  verifies('GW-08');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), id), { maxLength: 200 }), (steps) => {
      const table = new IdTable<{ readonly id: number; readonly step: number }>();
      const model = new Map<number, number>();
      for (const [step, [sets, key]] of steps.entries()) {
        if (sets) {
          table.set({ id: key, step });
          model.set(key, step);
        } else {
          expect(table.take(key)?.step).toBe(model.get(key));
          model.delete(key);
        }
        expect(table.size).toBe(model.size);
        for (const [known, set] of model) expect(table.get(known)?.step).toBe(set);
      }
      expect(table.all().map((item) => item.id)).toHaveLength(model.size);
      for (const key of model.keys()) expect(table.take(key)?.id).toBe(key);
      expect(table.all()).toEqual([]);
    }),
  );
});

test('a number that is none finds nothing', () => {
  const table = new IdTable<{ readonly id: number }>();
  table.set({ id: 0 });
  expect(table.get(Number.NaN)).toBeUndefined();
  expect(table.take(Number.NaN)).toBeUndefined();
  table.clear();
  expect(table.get(0)).toBeUndefined();
});
