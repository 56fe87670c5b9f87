// Whether tasks that may run at the same time may write the same files. Two that have to wait for each other may. Pure.

import type { Plan } from '@tutti/schemas';
import type { Dependencies } from './dependencies.ts';
import type { Findings } from './findings.ts';
import { globsOverlap, toSegments, type Segments, type Steps } from '../globs/glob-overlap.ts';

/** Comparisons of parts of globs; about a tenth of a second. */
const MAX_STEPS = 10_000_000;

interface WriteSet {
  readonly place: number;
  readonly globs: readonly { readonly text: string; readonly segments: Segments }[];
}

export function checkWriteSets(
  { tasks }: Plan,
  { isOrdered }: Pick<Dependencies, 'isOrdered'>,
  findings: Findings,
  maxSteps = MAX_STEPS,
): void {
  const steps: Steps = { left: maxSteps };
  const sets = tasks.flatMap(({ write_set: globs }, place): WriteSet[] =>
    globs.length === 0 ? [] : [{ place, globs: globs.map((text) => ({ text, segments: toSegments(text) })) }],
  );
  for (const [index, later] of sets.entries()) {
    for (const earlier of sets.slice(0, index)) {
      if (isOrdered(later.place, earlier.place)) continue;
      const found = firstOverlap(later, earlier, steps);
      if (found === 'too_complex') {
        findings.add(
          'too_complex',
          'tasks',
          'the write sets are too many to compare; merge globs, or split the plan',
        );
        return;
      }
      if (found === undefined) continue;
      const [id, other] = [later, earlier].map(({ place }) => `\`${tasks[place]?.id ?? ''}\``);
      findings.add(
        'overlapping_writes',
        `tasks[${later.place}].write_set[${found.at}]`,
        `\`${found.own}\` and \`${found.other}\` of ${other} may be the same file, and both tasks may run at once; have ${id} depend on ${other} or the other way round, or make the globs narrower`,
      );
    }
  }
}

function firstOverlap(
  later: WriteSet,
  earlier: WriteSet,
  steps: Steps,
): { readonly at: number; readonly own: string; readonly other: string } | 'too_complex' | undefined {
  for (const [at, own] of later.globs.entries()) {
    for (const other of earlier.globs) {
      const isSame = globsOverlap(own.segments, other.segments, steps);
      if (isSame === undefined) return 'too_complex';
      if (isSame) return { at, own: own.text, other: other.text };
    }
  }
  return undefined;
}
