import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { Bag, NOWHERE } from '../../src/kernel/bag.ts';

interface Thing {
  readonly name: number;
  place: number;
}

const things = Array.from({ length: 12 }, (_, name): Thing => ({ name, place: NOWHERE }));

function emptied(): Bag<Thing> {
  for (const thing of things) thing.place = NOWHERE;
  return new Bag<Thing>();
}

const names = (all: readonly Thing[]): number[] => all.map(({ name }) => name).sort((a, b) => a - b);

test('it holds what a set would hold', () => {
  verifies('GW-08');
  const step = fc.tuple(fc.boolean(), fc.nat(things.length - 1));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const bag = emptied();
      const model = new Set<number>();
      for (const [adds, name] of steps) {
        const thing = things[name];
        if (thing === undefined) throw new Error('no such thing');
        if (adds) {
          bag.add(thing);
          model.add(name);
        } else {
          expect(bag.delete(thing)).toBe(model.delete(name));
        }
        expect(names(bag.all())).toEqual([...model].sort((a, b) => a - b));
        expect(bag.size).toBe(model.size);
      }
      expect(names(bag.takeAll())).toEqual([...model].sort((a, b) => a - b));
      expect(bag.size).toBe(0);
      expect(things.every(({ place }) => place === NOWHERE)).toBe(true);
    }),
  );
});

test('what comes and goes while all are walked changes nothing of the walk', () => {
  const bag = emptied();
  for (const thing of things) bag.add(thing);
  const seen = bag.all().filter((thing) => bag.delete(thing));
  expect(seen).toHaveLength(things.length);
  expect(bag.find(() => true)).toBeUndefined();
});
