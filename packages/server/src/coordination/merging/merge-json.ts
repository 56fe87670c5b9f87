// JSON values into one. Objects are merged member by member, lists one after the other, equal values are one. Of what does
// not fit together the first is kept, and all are told. Pure.

import { z } from 'zod';
import { type FieldPath, formatFieldPath } from '../../resources/problem.ts';

export type Json = z.infer<ReturnType<typeof z.json>>;

export interface Said {
  readonly model_id: string;
  readonly value: Json;
}

export interface Conflict {
  readonly path: string;
  readonly values: Said[];
}

/** Conflicts that are told. */
const MAX_CONFLICTS = 1_000;
/** What is deeper counts as one value. */
const MAX_DEPTH = 100;

export function mergeJson(all: readonly Said[]): { readonly value: Json; readonly conflicts: Conflict[] } {
  const conflicts: Conflict[] = [];
  return { value: merge(all, [], conflicts), conflicts };
}

function merge(all: readonly Said[], path: FieldPath, conflicts: Conflict[]): Json {
  const values = all.map(({ value }) => value);
  if (path.length < MAX_DEPTH && values.every(isObject)) {
    const members = new Map<string, Said[]>();
    for (const { model_id, value } of all)
      if (isObject(value))
        for (const [name, member] of Object.entries(value)) {
          const known = members.get(name) ?? [];
          known.push({ model_id, value: member });
          members.set(name, known);
        }
    // Not by assignment: a member may be called `__proto__`.
    return Object.fromEntries(
      [...members].map(([name, said]) => [name, merge(said, [...path, name], conflicts)]),
    );
  }
  if (values.length > 1 && values.every((value) => Array.isArray(value))) return values.flat();
  const [first = { model_id: '', value: null }] = all;
  if (
    all.some(({ value }) => canonical(value) !== canonical(first.value)) &&
    conflicts.length < MAX_CONFLICTS
  )
    conflicts.push({ path: formatFieldPath(path), values: [...all] });
  return first.value;
}

/** The same text for values that are equal, whatever the order of their members. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join()}}`;
}

/** Undefined when the text is no JSON. */
export function readJson(text: string): Json | undefined {
  try {
    const parsed: Json = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}

function isObject(value: Json): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
