import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { objectEntries } from '../src/json-items.ts';
import { cutMembers, insertMembers, splice, type Edit } from '../src/splice.ts';
import { runs } from './fuzz.ts';
import { objectText } from './json-text.ts';
import { isRawObject, readRaw } from './raw-json.ts';

describe('splice', () => {
  test('equals edits made one by one from the back, in whatever order they come', () => {
    const property = fc.property(
      fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => Buffer.from(text)),
      fc.array(fc.tuple(fc.nat(60), fc.string({ unit: 'grapheme', maxLength: 5 }), fc.boolean()), {
        maxLength: 6,
      }),
      fc.array(fc.nat(60), { maxLength: 6 }),
      (bytes, texts, swaps) => {
        const places = texts.flatMap(([at]) => [at % (bytes.length + 1)]).sort((a, b) => a - b);
        const edits: Edit[] = [];
        for (let i = 0; i + 1 < places.length; i += 2) {
          const [, text = '', asBuffer = false] = texts[i] ?? [];
          const start = places[i] ?? 0;
          const end = places[i + 1] ?? 0;
          if (start === edits.at(-1)?.start) continue;
          edits.push({ start, end, text: asBuffer ? Buffer.from(text) : text });
        }
        let expected = bytes;
        for (const { start, end, text } of edits.toReversed()) {
          expected = Buffer.concat([expected.subarray(0, start), Buffer.from(text), expected.subarray(end)]);
        }
        const shuffled = edits.toSorted((a, b) => (swaps[a.start % 7] ?? 0) - (swaps[b.start % 7] ?? 0));
        expect(splice(bytes, shuffled).toString('latin1')).toBe(expected.toString('latin1'));
      },
    );
    fc.assert(property, runs(1000));
  });

  test('insertions at one place keep their order', () => {
    const edits = ['a', 'b', 'c'].map((text) => ({ start: 1, end: 1, text }));
    expect(splice(Buffer.from('xy'), edits).toString()).toBe('xabcy');
  });

  test.each([
    [
      [
        { start: 0, end: 2, text: '' },
        { start: 1, end: 3, text: '' },
      ],
    ],
    [
      [
        { start: 0, end: 3, text: 'x' },
        { start: 1, end: 1, text: 'y' },
      ],
    ],
    [[{ start: 2, end: 9, text: '' }]],
  ])('refuses edits that overlap or lie outside: %j', (edits) => {
    expect(() => splice(Buffer.from('abcd'), edits)).toThrow(RangeError);
  });
});

describe('members', () => {
  const NAMES = ['a', 'b', 'c'];

  test('any of them cut, some of them by others, and any inserted, leave what is left and valid JSON', () => {
    const property = fc.property(
      objectText(NAMES),
      fc.array(fc.constantFrom('keep', 'keep', 'cut', 'cut elsewhere'), { minLength: 10, maxLength: 10 }),
      fc.subarray(['"n":1', '"m":{"x":[]},"o":2']),
      (text, fates, inserted) => {
        const bytes = Buffer.from(text);
        const object = { start: 0, end: bytes.length };
        const entries = objectEntries(bytes, object);
        // As in a message, what others cut is never the last member.
        const fateOf = (index: number): string => {
          const fate = fates[index % fates.length] ?? 'keep';
          return fate === 'cut elsewhere' && index === entries.length - 1 ? 'cut' : fate;
        };
        const elsewhere: Edit[] = [];
        for (const [index, { value }] of entries.entries()) {
          const next = entries[index + 1];
          if (next === undefined || fateOf(index) !== 'cut elsewhere') continue;
          elsewhere.push({ start: value.keyStart, end: next.value.keyStart, text: '' });
        }
        const members = entries.filter((_, index) => fateOf(index) === 'cut').map(({ value }) => value);
        const edits = [
          ...cutMembers(bytes, members.toReversed(), elsewhere),
          ...elsewhere,
          ...inserted.map((more) => insertMembers(object, more)),
        ];

        const out = splice(bytes, edits).toString();

        const raw = readRaw(text);
        if (!isRawObject(raw)) throw new Error('no object');
        const added = readRaw(`{${inserted.join(',')}}`);
        if (!isRawObject(added)) throw new Error('no object');
        expect(() => JSON.parse(out)).not.toThrow();
        expect(readRaw(out)).toEqual({
          members: [...added.members, ...raw.members.filter((_, index) => fateOf(index) === 'keep')],
        });
      },
    );
    fc.assert(property, runs(2000));
  });

  test('inserting nothing changes nothing', () => {
    const bytes = Buffer.from('{"a":1}');
    expect(splice(bytes, [insertMembers({ start: 0, end: 7 }, '')]).toString()).toBe('{"a":1}');
  });

  test('members may be inserted as bytes', () => {
    const object = { start: 0, end: 7 };
    expect(splice(Buffer.from('{"a":1}'), [insertMembers(object, Buffer.from('"é":2'))]).toString()).toBe(
      '{"é":2,"a":1}',
    );
    expect(splice(Buffer.from('{ }'), [insertMembers(object, Buffer.from('"é":2'))]).toString()).toBe(
      '{"é":2 }',
    );
  });
});
