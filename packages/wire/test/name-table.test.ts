import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { OWNED_MEMBERS, OWNED_META } from '../src/message.ts';
import { NameTable } from '../src/name-table.ts';
import { runs } from './fuzz.ts';
import { spelling } from './json-text.ts';

const names = new Set([...OWNED_MEMBERS, ...OWNED_META, 'é']);
const table = new NameTable(names);

/** Keys that are names, nearly are, or fall into the same slot as one. */
const key = fc
  .constantFrom(...names)
  .chain((name) =>
    fc.oneof(
      fc.constantFrom(
        name,
        name.slice(1),
        name.slice(0, -1),
        `${name}s`,
        name.toUpperCase(),
        `${name}\\`,
        ` ${name}`,
      ),
      fc.constant(name + 'x'.repeat(255) + name.slice(-1)),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
  );

test('finds the names and nothing else, however they are spelled', () => {
  const property = fc.property(
    key.chain((text) => fc.tuple(fc.constant(text), spelling(text))),
    ([text, spelled]) => {
      const bytes = Buffer.from(`{ ${spelled}:1`);
      const found = table.find(bytes, 2, bytes.length - 2, spelled.includes('\\'));
      expect(found).toBe(names.has(text) ? text : undefined);
    },
  );
  fc.assert(property, runs(2000));
});
