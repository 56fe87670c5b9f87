// What changed between two definitions of a tool, place by place, for a person who decides about it. Pure.

import type { ApiPinChange } from '@tutti/schemas';

/** Changes that are told of one tool. */
export const MAX_CHANGES = 100;
/** Characters of a value that are told. A long text is where one hides something, so this is much. */
export const MAX_VALUE_CHARS = 20_000;

type Json = unknown;

/** Of canonical texts; an empty one is a definition that nobody kept. */
export function diffDefinitions(before: string, after: string): readonly ApiPinChange[] {
  if (before === after) return [];
  if (before === '') return [{ path: '', after: shown(parse(after)) }];
  const changes: ApiPinChange[] = [];
  compare('', parse(before), parse(after), changes);
  // Numbers that are one to a program and two in writing.
  if (changes.length === 0) return [{ path: '', before: cut(before), after: cut(after) }];
  return changes;
}

function compare(path: string, before: Json, after: Json, changes: ApiPinChange[]): void {
  if (changes.length === MAX_CHANGES || JSON.stringify(before) === JSON.stringify(after)) return;
  if (isObject(before) && isObject(after)) {
    const [was, is] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
    for (const key of [...was.keys(), ...[...is.keys()].filter((one) => !was.has(one))])
      compare(placeOf(path, key), was.get(key), is.get(key), changes);
    return;
  }
  changes.push({
    path,
    ...(before !== undefined && { before: shown(before) }),
    ...(after !== undefined && { after: shown(after) }),
  });
}

function placeOf(path: string, key: string): string {
  if (!/^[\w$-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

function shown(value: Json): string {
  return cut(typeof value === 'string' ? value : JSON.stringify(value));
}

function cut(text: string): string {
  return text.length <= MAX_VALUE_CHARS
    ? text
    : `${text.slice(0, MAX_VALUE_CHARS)}… (${text.length} characters)`;
}

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): Json {
  return JSON.parse(text);
}
