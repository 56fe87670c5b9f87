// Whether two globs over paths could mean the same file. `*` and `?` stay inside a name, `**` goes over folders, a `/` at
// the end is everything below. Names count as equal whatever their case and composition, as on file systems that do not
// tell them apart: better one warning too many than two writers of one file. Pure, and bounded by the steps it is given.

/** How much work may still be done; shared by all comparisons of one question. */
export interface Steps {
  left: number;
}

export type Segments = readonly string[];

const DEEP = '**';
const WILD = /[*?]/;

/** A glob in parts. Equal for globs that are written differently and mean the same. */
export function toSegments(glob: string): Segments {
  const normal = glob.normalize('NFC').toLowerCase();
  const parts = normal.split('/').filter((part) => part !== '' && part !== '.');
  // `.` and `./` are the root itself.
  return normal.endsWith('/') || parts.length === 0 ? [...parts, DEEP] : parts;
}

/** Undefined when the steps are used up. */
export function globsOverlap(a: Segments, b: Segments, steps: Steps): boolean | undefined {
  steps.left -= 1;
  const [first = '', other = ''] = [a[0], b[0]];
  // Most differ in their first folder.
  if (first !== other && !WILD.test(first) && !WILD.test(other)) return steps.left < 0 ? undefined : false;
  const isMet = haveCommon(
    a,
    b,
    (part) => part === DEEP,
    (left, right) => namesOverlap(left, right, steps),
    steps,
  );
  return steps.left < 0 ? undefined : isMet;
}

function namesOverlap(a: string, b: string, steps: Steps): boolean {
  if (!WILD.test(a) && !WILD.test(b)) return a === b;
  return haveCommon(
    Array.from(a),
    Array.from(b),
    (char) => char === '*',
    (left, right) => left === right || left === '?' || right === '?',
    steps,
  );
}

/**
 * Whether two patterns match a common text. A wild item stands for any number of items, none too; of two others
 * `fits` decides. reached[j]: the first i items of a and the first j of b match a common text.
 */
function haveCommon(
  a: readonly string[],
  b: readonly string[],
  isWild: (item: string) => boolean,
  fits: (left: string, right: string) => boolean,
  steps: Steps,
): boolean {
  let reached = [true];
  for (const item of b) reached.push(reached.at(-1) === true && isWild(item));
  for (const left of a) {
    steps.left -= b.length + 1;
    if (steps.left < 0) return false;
    const next = [reached[0] === true && isWild(left)];
    for (const [j, right] of b.entries()) {
      const isEither = isWild(left) || isWild(right);
      next.push(
        isEither ? next[j] === true || reached[j + 1] === true : reached[j] === true && fits(left, right),
      );
    }
    if (!next.includes(true)) return false;
    reached = next;
  }
  return reached.at(-1) === true;
}
