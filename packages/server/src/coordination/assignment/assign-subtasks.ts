// assign_subtasks: which part goes to whom. Pure, and the same for the same input. Nobody gets more than he has room for,
// nobody what he can't do, and nothing is left over that could be placed: for one that finds no room, others move.

import type { Subtask, SubtaskAssignment } from '@tutti/schemas';

export interface Candidate {
  readonly id: string;
  readonly capabilities: readonly string[];
  /** Tasks that it may still take; undefined: any number. */
  readonly freeSlots?: number | undefined;
  /** Tasks that it has already. */
  readonly load?: number | undefined;
  /** 0 to 1, as it was measured. */
  readonly fitness?: number | undefined;
}

export function assignSubtasks(
  subtasks: readonly Subtask[],
  candidates: readonly Candidate[],
): SubtaskAssignment {
  const able = subtasks.map(({ required_capabilities: needed }) =>
    candidates.filter(({ capabilities }) => needed.every((one) => capabilities.includes(one))),
  );
  const holders = new Map<number, Candidate>();
  const held = (candidate: Candidate): number[] =>
    [...holders].flatMap(([place, holder]) => (holder === candidate ? [place] : []));
  const hasRoom = (candidate: Candidate): boolean =>
    held(candidate).length < (candidate.freeSlots ?? subtasks.length);

  // Those that few can do come first.
  const order = [...subtasks.keys()].toSorted(
    (a, b) => (able[a]?.length ?? 0) - (able[b]?.length ?? 0) || a - b,
  );
  for (const place of order) {
    const [first] = (able[place] ?? []).filter(hasRoom).toSorted(byPreference);
    if (first !== undefined) holders.set(place, first);
    else makeRoom(place, new Set());
  }
  const assignments: SubtaskAssignment['assignments'] = [];
  const unassigned: SubtaskAssignment['unassigned'] = [];
  for (const [place, { id, required_capabilities: needed }] of subtasks.entries()) {
    const holder = holders.get(place);
    if (holder === undefined) unassigned.push({ subtask_id: id, reason: whyNot(able[place] ?? [], needed) });
    else assignments.push({ subtask_id: id, model_id: holder.id, reason: why(able[place] ?? [], needed) });
  }
  return { assignments, unassigned };

  function byPreference(a: Candidate, b: Candidate): number {
    return (
      loadOf(a) - loadOf(b) ||
      (b.fitness ?? 0) - (a.fitness ?? 0) ||
      (a.id === b.id ? 0 : a.id < b.id ? -1 : 1)
    );
  }

  function loadOf(candidate: Candidate): number {
    return (candidate.load ?? 0) + held(candidate).length;
  }

  /** Whether somebody who can do it has room, after others moved. */
  function makeRoom(place: number, tried: Set<Candidate>): boolean {
    for (const candidate of able[place] ?? []) {
      if (tried.has(candidate)) continue;
      tried.add(candidate);
      if (!hasRoom(candidate) && !held(candidate).some((other) => makeRoom(other, tried))) continue;
      if (!hasRoom(candidate)) continue;
      holders.set(place, candidate);
      return true;
    }
    return false;
  }
}

function why(able: readonly Candidate[], needed: readonly string[]): string {
  const what = needed.length === 0 ? 'can do it' : `has ${needed.join(', ')}`;
  return able.length === 1 ? `the only one that ${what}` : `${what}, and suits best of ${able.length}`;
}

function whyNot(able: readonly Candidate[], needed: readonly string[]): string {
  if (able.length > 0) return 'whoever can do it has no free slot; wait, or add one that can';
  return needed.length === 0
    ? 'nobody is available; name models or register agents'
    : `nobody has all of ${needed.join(', ')}; split it further, or add one that has`;
}
