import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { normalisePath } from '../../../src/coordination/leases/paths.ts';
import { createPattern, covers, patternsOverlap } from '../../../src/coordination/leases/patterns.ts';
import { findPlaces } from '../../../src/coordination/leases/places.ts';

describe('a path', () => {
  test.each([
    ['src/a.ts', 'src/a.ts'],
    ['./src//a.ts', 'src/a.ts'],
    ['src/x/../a.ts', 'src/a.ts'],
    ['src/', 'src/**'],
    ['.', '**'],
    ['./', '**'],
    ['src/..', '**'],
    ['/repo/src/a.ts', 'src/a.ts'],
    ['/repo', '**'],
    ['/repo/src/../b', 'b'],
    ['src/**/*.ts', 'src/**/*.ts'],
  ])('%s is %s', (path, expected) => {
    verifies('LCK-03');
    expect(normalisePath(path, '/repo')).toBe(expected);
  });

  test.each([
    ['../a', 'outside'],
    ['a/../../a', 'outside'],
    ['/repository/a', 'outside'],
    ['/etc/passwd', 'outside'],
    ['/repo/../etc/passwd', 'outside'],
    ['**/../a', 'unfit_path'],
    ['a\0b', 'unfit_path'],
    ['a\nb', 'unfit_path'],
    ['\ud800', 'unfit_path'],
    ['src\\a.ts', 'unfit_path'],
  ])('%j is refused as %s', (path, kind) => {
    verifies('LCK-03');
    expect(() => normalisePath(path, '/repo')).toThrow(expect.objectContaining({ details: { kind } }));
  });

  test('that is absolute needs a root', () => {
    expect(() => normalisePath('/a', undefined)).toThrow('no root of files is declared');
  });
});

describe('two patterns', () => {
  const overlap = (a: string, b: string) =>
    patternsOverlap(createPattern(a), createPattern(b), { left: 1_000_000 });

  test.each([
    ['src', 'src/a.ts', true],
    ['src/a.ts', 'src', true],
    ['src/a', 'src/ab', false],
    ['SRC/A.ts', 'src/a.ts', true],
    ['caf\u00e9', 'cafe\u0301', true],
    ['src/*.ts', 'src/a.ts', true],
    ['src/*.ts', 'src/a.js', false],
    ['src/*.ts', 'src', true],
    ['src/*', 'lib', false],
    ['**', 'anything/at/all', true],
    ['**/test/**', 'a/b/test', true],
  ])('%s and %s: %s', (a, b, expected) => {
    verifies('LCK-03');
    expect([overlap(a, b), overlap(b, a)]).toEqual([expected, expected]);
  });

  test.each([
    ['src', 'src/a.ts', true],
    ['src/a.ts', 'src', false],
    ['src/**', 'src/x/*.ts', true],
    ['src/**', 's*/a', false],
    ['src/*.ts', 'src/a.ts', true],
    ['src/*.ts', 'src/x.js', false],
    ['src/*.ts', 'src/**', false],
    ['**', 'a', true],
    ['A', 'a', true],
  ])('%s covers %s: %s', (held, wanted, expected) => {
    expect(covers(createPattern(held), createPattern(wanted), { left: 1_000 })).toBe(expected);
  });
});

describe('a place', () => {
  const files = {
    list: () => [
      { name: 'one', root: '/one' },
      { name: 'two', root: '/two' },
    ],
    follow: (_space: object, path: string) => Promise.resolve(path),
  };
  const find = async (space: string | undefined, ...paths: string[]) => {
    const places = await findPlaces(files, space, paths);
    return [places.space.name, ...places.patterns.map(({ text }) => text)];
  };

  test('is in the space that is named, or that has the path, or in the first', async () => {
    verifies('LCK-03');
    expect(await find(undefined, 'a')).toEqual(['one', 'a']);
    expect(await find(undefined, '/two/b')).toEqual(['two', 'b']);
    expect(await find('two', 'a', '/two/c')).toEqual(['two', 'a', 'c']);
    await expect(find('three', 'a')).rejects.toThrow('There is no space three; there are one, two.');
    await expect(find('one', '/two/a')).rejects.toMatchObject({
      code: 'refused',
      details: { kind: 'outside' },
    });
    await expect(find(undefined, '/three/a')).rejects.toMatchObject({ details: { kind: 'outside' } });
  });
});
