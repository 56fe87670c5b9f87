// In which fields two specs differ, under the names that declarations have for them. Values are shown where they can't be
// secret: numbers, switches, and words from a closed list. Pure.

import { isDeepStrictEqual } from 'node:util';
import { formatDuration } from '@tutti/schemas';
import { isRecord } from './is-record.ts';

export interface ChangedField {
  readonly field: string;
  /** Undefined where the value may be secret, or there is none. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const SHOWN_TEXTS: ReadonlySet<string> = new Set([
  'type',
  'start',
  'isolation',
  'toolPrefix',
  'family.name',
  'family.instanceArg',
  'contextMode',
  'ports.host',
  'mode',
]);

/** Fields of our own whose names tell the unit, where declarations say it in another word. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['limits.maxMessageBytes', 'limits.maxMessageSize'],
  ['limits.maxBodyBytes', 'limits.maxBodySize'],
  ['limits.maxHeaderBytes', 'limits.maxHeaderSize'],
]);

/** Records below these hold whatever people write: their names are kept as they are. */
const FREE: ReadonlySet<string> = new Set(['env', 'headers', 'metadata']);

/** Lists count as one field. */
export function changedFields(before: object, after: object): readonly ChangedField[] {
  const [was, is] = [leaves(before), leaves(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((field) => !isDeepStrictEqual(was.get(field), is.get(field)))
    .map((field) => ({
      field: nameOf(field),
      before: shown(field, was.get(field)),
      after: shown(field, is.get(field)),
    }));
}

function leaves(spec: object): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  const walk = (value: unknown, path: string): void => {
    if (isRecord(value))
      for (const [key, member] of Object.entries(value)) walk(member, path === '' ? key : `${path}.${key}`);
    else if (value !== undefined) found.set(path, value);
  };
  walk(spec, '');
  return found;
}

function nameOf(field: string): string {
  if (isFree(field)) return field;
  return RENAMED.get(field) ?? field.replace(/(?:Ms|Bytes)$/, '');
}

function isFree(field: string): boolean {
  return FREE.has(field.split('.', 1)[0] ?? '');
}

function shown(field: string, value: unknown): string | undefined {
  if (isFree(field)) return undefined;
  if (typeof value === 'number') return field.endsWith('Ms') ? formatDuration(value) : String(value);
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' && SHOWN_TEXTS.has(field) ? value : undefined;
}
