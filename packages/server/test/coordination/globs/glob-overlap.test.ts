import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { globsOverlap, toSegments } from '../../../src/coordination/globs/glob-overlap.ts';

const overlap = (a: string, b: string, left = 1_000_000) =>
  globsOverlap(toSegments(a), toSegments(b), { left });

describe('globs', () => {
  test.each([
    ['a', 'a', true],
    ['a', 'b', false],
    ['a', 'A', true],
    ['\u00e9', 'e\u0301', true],
    ['./a//b', 'a/b', true],
    ['a/', 'a', true],
    ['a/', 'a/b/c', true],
    ['a/*', 'a/b/c', false],
    ['a/*', 'a', false],
    ['*', 'a', true],
    ['*.ts', '*.js', false],
    ['*.test.*', 'a*.ts', true],
    ['a?', 'a', false],
    ['**', 'x/y', true],
    ['**/a', 'a', true],
    ['**/a', 'b/*', true],
    ['a/**/b', 'a/c/d', false],
    ['a/**/b', 'a/b', true],
    ['src/**/*.ts', 'src/gen/', true],
    ['.', 'x', true],
    ['a**b', 'acb', true],
    ['a**b', 'a/b', false],
  ])('%s and %s: %s', (a, b, expected) => {
    verifies('TSK-10');
    expect([overlap(a, b), overlap(b, a)]).toEqual([expected, expected]);
  });

  test('are not compared for ever', () => {
    expect(overlap('*a*a*a*a*a*b', '*a*a*a*a*a*c', 100)).toBe(undefined);
  });
});

const name = fc.oneof(
  { weight: 1, arbitrary: fc.constant('**') },
  {
    weight: 5,
    arbitrary: fc
      .array(fc.constantFrom('a', 'b', '*', '?'), { minLength: 1, maxLength: 3 })
      .map((chars) => chars.join('')),
  },
);
const glob = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));

/** All paths of up to three names of up to three letters. */
const NAMES = ['a', 'b'].flatMap((x) => [x, ...['a', 'b'].flatMap((y) => [x + y, `${x}${y}a`, `${x}${y}b`])]);
const PATHS = NAMES.flatMap((x) => [
  x,
  ...NAMES.flatMap((y) => [`${x}/${y}`, ...NAMES.map((z) => `${x}/${y}/${z}`)]),
]);

function matcher(text: string): RegExp {
  const parts = text
    .split('/')
    .map((part) =>
      part === '**' ? '(?:/[^/]+)*' : `/${part.replaceAll(/\*+/g, '[^/]*').replaceAll('?', '[^/]')}`,
    );
  return new RegExp(`^${parts.join('')}$`);
}

test('globs overlap exactly when a path fits both', () => {
  verifies('TSK-10');
  fc.assert(
    fc.property(glob, glob, (a, b) => {
      const [left, right] = [matcher(a), matcher(b)];
      const common = PATHS.find((path) => left.test(`/${path}`) && right.test(`/${path}`));
      const found = overlap(a, b);
      if (common !== undefined) expect(found, common).toBe(true);
      // What needs longer names or paths than these is not judged here.
      else if (![a, b].some((text) => /\*\*/.test(text)) && !/\*.*\*/.test(a + b)) expect(found).toBe(false);
    }),
    { numRuns: 300 },
  );
});
