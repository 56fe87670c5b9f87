// Puts one entry into a client's configuration, as text in and text out. Whatever else is in the file stays as it is;
// what can't be edited safely is refused.

import { parse as parseToml, stringify as stringifyToml } from 'smol-toml';
import { isObject, objectAt, parseJson } from '../call/json.ts';

export interface EntryEdit {
  readonly serversKey: string;
  readonly name: string;
  readonly entry: Readonly<Record<string, unknown>>;
}

export type EditOutcome =
  | { readonly kind: 'edited'; readonly text: string }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: string };

/** `text` is undefined when there is no file yet. */
export function editJson(text: string | undefined, { serversKey, name, entry }: EntryEdit): EditOutcome {
  const parsed = text === undefined || text.trim() === '' ? { value: {} } : parseJson(text);
  if (parsed === undefined) return { kind: 'refused', reason: 'it is not plain JSON (comments?)' };
  if (!isObject(parsed.value)) return { kind: 'refused', reason: 'it does not hold an object' };
  const servers = parsed.value[serversKey] ?? {};
  if (!isObject(servers)) return { kind: 'refused', reason: `"${serversKey}" is not an object` };
  if (JSON.stringify(servers[name]) === JSON.stringify(entry)) return { kind: 'unchanged' };
  const next = { ...parsed.value, [serversKey]: { ...servers, [name]: entry } };
  return { kind: 'edited', text: `${JSON.stringify(next, undefined, indentOf(text ?? ''))}\n` };
}

/** Adds a table at the end, so that comments and order survive; a table that is there is never rewritten. */
export function editToml(text: string | undefined, { serversKey, name, entry }: EntryEdit): EditOutcome {
  const document = readToml(text ?? '');
  if (document === undefined) return { kind: 'refused', reason: 'it is not valid TOML' };
  const present = objectAt(objectAt(document, serversKey), name);
  if (present !== undefined) {
    if (Object.entries(entry).every(([key, value]) => present[key] === value)) return { kind: 'unchanged' };
    return { kind: 'refused', reason: `it has a different [${serversKey}.${name}] already` };
  }
  const before = text === undefined || text.trim() === '' ? '' : `${text.trimEnd()}\n\n`;
  const after = `${before}${stringifyToml({ [serversKey]: { [name]: entry } }).trim()}\n`;
  if (readToml(after) === undefined) {
    return { kind: 'refused', reason: `"${serversKey}" is written in a way that takes no table more` };
  }
  return { kind: 'edited', text: after };
}

function readToml(text: string): object | undefined {
  try {
    return parseToml(text);
  } catch {
    return undefined;
  }
}

function indentOf(text: string): string {
  return /^[{[]\r?\n([ \t]+)/.exec(text)?.[1] ?? '  ';
}
