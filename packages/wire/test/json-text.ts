// Generators of JSON text: what a parser may meet, rather than what JSON.stringify writes.

import * as fc from 'fast-check';

const hex = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;

/** White space, mostly none. */
const space = fc.oneof(
  { weight: 8, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 }) },
);

const ODD_NUMBERS = `0 -0 -1 1.0 0.1 1E5 0e0 1.5E+3 -0.0e-0 12.03 1e400 -1e400 1e-400 9007199254740993
  12345678901234567890 100000000000000000000000000000001`.split(/\s+/);

const numberText = fc.oneof(
  fc.constantFrom(...ODD_NUMBERS),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.bigInt().map(String),
);

const stringUnit = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'abcXYZ019 _-/.:{}[],'.split('')) },
  { weight: 2, arbitrary: fc.constantFrom('\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t') },
  { weight: 1, arbitrary: fc.constantFrom('é', 'ß', '日', '\u2028', '\u007f', '\ufeff', '😀', '\u0080') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('\\ud800', '\\udfff', '\\ud83d\\ude00', '\\u0000', '\\u00E9', '\\u0022'),
  },
  { weight: 1, arbitrary: fc.nat(0xffff).map(hex) },
);

const stringText = fc.string({ unit: stringUnit, maxLength: 30 }).map((inner) => `"${inner}"`);

/** Keys that are no owned names but that a careless reader could take for something. */
const foreignKey = fc.oneof(
  fc.constantFrom('"__proto__"', '"constructor"', '"toString"', '""', '"Name"', '"ids"', '"x"', '"\\ud800"'),
  stringText,
);

/** A way to write the name: plainly, or with some of its characters as escapes. */
export function spelling(name: string): fc.Arbitrary<string> {
  const plain = JSON.stringify(name);
  const written = (c: string, asEscape = false): string =>
    asEscape ? hex(c.charCodeAt(0)) : JSON.stringify(c).slice(1, -1);
  const escaped = fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((flags) => name.split('').map((c, i) => written(c, flags[i])))
    .map((parts) => `"${parts.join('')}"`);
  return fc.oneof({ weight: 5, arbitrary: fc.constant(plain) }, { weight: 1, arbitrary: escaped });
}

/** An object of the given members, each `[key, value]` in JSON text, with white space anywhere. */
export function objectOf(members: readonly (readonly [string, string])[]): fc.Arbitrary<string> {
  return fc
    .array(space, { minLength: members.length * 4 + 1, maxLength: members.length * 4 + 1 })
    .map((spaces) => {
      const parts = members.map(([key, value], i) => {
        const [a = '', b = '', c = '', d = ''] = spaces.slice(i * 4, i * 4 + 4);
        return `${a}${key}${b}:${c}${value}${d}`;
      });
      return `{${parts.length === 0 ? (spaces[0] ?? '') : parts.join(',')}}`;
    });
}

function arrayOf(items: readonly string[]): fc.Arbitrary<string> {
  return fc
    .array(space, { minLength: items.length * 2 + 1, maxLength: items.length * 2 + 1 })
    .map((spaces) => {
      const parts = items.map((item, i) => `${spaces[i * 2] ?? ''}${item}${spaces[i * 2 + 1] ?? ''}`);
      return `[${parts.length === 0 ? (spaces[0] ?? '') : parts.join(',')}]`;
    });
}

const scalarText = fc.oneof(numberText, stringText, fc.constantFrom('true', 'false', 'null'));

const { value } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalarText, tie('object'), tie('array')),
  object: fc
    .array(fc.tuple(foreignKey, tie('value')), { maxLength: 4 })
    .chain((members) => objectOf(members)),
  array: fc.array(tie('value'), { maxLength: 4 }).chain((items) => arrayOf(items)),
}));

/** Any JSON value. */
export const valueText: fc.Arbitrary<string> = value;

/** An object with owned and foreign names, repeated ones included; values of `special` names come from there. */
export function objectText(
  owned: readonly string[],
  special: Readonly<Record<string, fc.Arbitrary<string>>> = {},
): fc.Arbitrary<string> {
  const ownedMember = fc
    .constantFrom(...owned)
    .chain((name) => fc.tuple(spelling(name), special[name] ?? valueText));
  const member = fc.oneof(
    { weight: 3, arbitrary: ownedMember },
    { weight: 1, arbitrary: fc.tuple(foreignKey, valueText) },
  );
  return fc.array(member, { maxLength: 6 }).chain((members) => objectOf(members));
}

export const padded = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(space, text, space).map((parts) => parts.join(''));
