// Tasks as JSON text, in the forms of both eras: core tasks of 2025-11-25 and the extension of 2026-07-28. Members are
// renamed, put in and left out; their values pass as the bytes that they came as.

import {
  insertMembers,
  type Member,
  objectEntries,
  objectMembers,
  type Span,
  splice,
  stringValue,
} from '@tutti/wire';

/** The members of an object by name, each value as its JSON text. */
export type Members = ReadonlyMap<string, Buffer | string>;

/** Of a repeated name the last one, as JSON.parse has it. */
export function readMembers(bytes: Buffer, object: Span): Map<string, Buffer | string> {
  const members = new Map<string, Buffer | string>();
  for (const { key, value } of objectEntries(bytes, object))
    members.set(key, bytes.subarray(value.start, value.end));
  return members;
}

export function writeObject(members: Members): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of members) {
    parts.push(Buffer.from(`${parts.length === 0 ? '{' : ','}${JSON.stringify(name)}:`), Buffer.from(value));
  }
  return Buffer.concat(parts.length === 0 ? [Buffer.from('{}')] : [...parts, Buffer.from('}')]);
}

/** The string in a member; undefined when it is no string. */
export function textOf(members: Members, name: string): string | undefined {
  const value = members.get(name);
  if (value === undefined) return undefined;
  const bytes = Buffer.from(value);
  return stringValue(bytes, { start: 0, end: bytes.length });
}

/** The number in a member; undefined when it is no number. */
export function numberOf(members: Members, name: string): number | undefined {
  const text = members.get(name)?.toString();
  const value = text === undefined || text === 'null' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
}

export function isTerminal(status: string | undefined): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

const TASK_ID: ReadonlySet<string> = new Set(['taskId']);

/** Where the id of a task object stands, and the JSON text of the id, the same for every spelling of it. */
export function findTaskId(
  bytes: Buffer,
  object: Span,
): { readonly place: Member; readonly id: string } | undefined {
  const place = objectMembers(bytes, object, TASK_ID).get('taskId');
  const text = place === undefined ? undefined : stringValue(bytes, place);
  return place === undefined || text === undefined ? undefined : { place, id: JSON.stringify(text) };
}

const LEGACY_NAMES: ReadonlyMap<string, string> = new Map([
  ['ttlMs', 'ttl'],
  ['pollIntervalMs', 'pollInterval'],
]);

/** What the modern forms have beside the task itself. */
const NOT_IN_LEGACY: ReadonlySet<string> = new Set([
  'resultType',
  'result',
  'error',
  'inputRequests',
  'requestState',
  '_meta',
]);

/** The Task of a legacy client. A tool's own failure is `failed` to it, and `completed` in the modern era. */
export function legacyTask(modern: Members, handle: string): Map<string, Buffer | string> {
  const task = new Map<string, Buffer | string>([['taskId', JSON.stringify(handle)]]);
  for (const [name, value] of modern)
    if (name !== 'taskId' && !NOT_IN_LEGACY.has(name)) task.set(LEGACY_NAMES.get(name) ?? name, value);
  if (!task.has('ttl')) task.set('ttl', 'null');
  if (isToolError(modern.get('result'))) task.set('status', '"failed"');
  return task;
}

const MODERN_NAMES: ReadonlyMap<string, string> = new Map([
  ['ttl', 'ttlMs'],
  ['pollInterval', 'pollIntervalMs'],
]);

/** The Task of a modern client, without what its status brings with it. */
export function modernTask(legacy: Members, handle: string): Map<string, Buffer | string> {
  const task = new Map<string, Buffer | string>([['taskId', JSON.stringify(handle)]]);
  for (const [name, value] of legacy) if (name !== 'taskId') task.set(MODERN_NAMES.get(name) ?? name, value);
  if (!task.has('ttlMs')) task.set('ttlMs', 'null');
  return task;
}

function isToolError(result: Buffer | string | undefined): boolean {
  if (result === undefined) return false;
  const bytes = Buffer.from(result);
  const isError = objectMembers(bytes, { start: 0, end: bytes.length }, IS_ERROR).get('isError');
  return isError !== undefined && bytes[isError.start] === 0x74;
}

const IS_ERROR: ReadonlySet<string> = new Set(['isError']);

/** A result as the modern era has it where it is inlined. */
export function inlinedResult(result: Buffer): Buffer {
  const object = { start: 0, end: result.length };
  if (objectMembers(result, object, RESULT_TYPE).has('resultType')) return result;
  return splice(result, [insertMembers(object, '"resultType":"complete"')]);
}

const RESULT_TYPE: ReadonlySet<string> = new Set(['resultType']);
