// The files that a lease means: paths and globs, and how two of them lie to each other. A path without `*` and `?` is a
// file, or a folder with all that is in it. Names that differ in case or composition only are one name, as on file systems
// that do not tell them apart. Pure, and bounded by the steps it is given.

import { globsOverlap, type Segments, type Steps, toSegments } from '../globs/glob-overlap.ts';

export interface Pattern {
  /** As it is shown. */
  readonly text: string;
  readonly segments: Segments;
  /** The names of one path; undefined: a glob. */
  readonly names: Segments | undefined;
}

const DEEP = '**';
const WILD = /[*?]/;

export function createPattern(text: string): Pattern {
  const segments = toSegments(text);
  if (WILD.test(text) || segments.at(-1) === DEEP) return { text, segments, names: undefined };
  return { text, segments: [...segments, DEEP], names: segments };
}

export function isGlob(text: string): boolean {
  return WILD.test(text);
}

/** Undefined when the steps are used up. */
export function patternsOverlap(a: Pattern, b: Pattern, steps: Steps): boolean | undefined {
  if (a.names === undefined || b.names === undefined) return globsOverlap(a.segments, b.segments, steps);
  steps.left -= 1;
  if (steps.left < 0) return undefined;
  const [short, long] = a.names.length <= b.names.length ? [a.names, b.names] : [b.names, a.names];
  return short.every((name, index) => name === long[index]);
}

/** Whether whoever has the one has all of the other, a path being taken for a file where the one is a glob. May say no
 *  where it is so, never yes where it is not. */
export function covers(held: Pattern, wanted: Pattern, steps: Steps): boolean {
  if (isSame(held, wanted)) return true;
  const stem = held.segments.slice(0, -1);
  if (held.segments.at(-1) === DEEP && !stem.some((name) => WILD.test(name)))
    return stem.every((name, index) => name === wanted.segments[index]);
  return wanted.names !== undefined && globsOverlap(held.segments, wanted.names, steps) === true;
}

export function isSame(a: Pattern, b: Pattern): boolean {
  return (
    a.segments.length === b.segments.length && a.segments.every((name, index) => name === b.segments[index])
  );
}

export function isSameList(a: readonly Pattern[], b: readonly Pattern[]): boolean {
  return a.length === b.length && a.every((one) => b.some((other) => isSame(one, other)));
}
