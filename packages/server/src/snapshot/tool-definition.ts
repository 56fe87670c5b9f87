// What a tool is to whoever reads it: the members of its declaration that tell a model and a person what it does and
// takes. Two declarations are the same definition when these are equal as JSON values, however they are written.

import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { objectMembers, stringValue } from '@tutti/wire';
import { canonicalJson } from './canonical-json.ts';
import type { JsonBytes } from './types.ts';

/** `execution`, icons and `_meta` steer programs and are seen by no model. */
export const DEFINING_MEMBERS = [
  'name',
  'title',
  'description',
  'inputSchema',
  'outputSchema',
  'annotations',
] as const;
const DEFINING: ReadonlySet<string> = new Set(DEFINING_MEMBERS);

export interface ToolDefinition {
  /** The name that the server knows. */
  readonly name: string;
  /** The definition as canonical JSON: an object of the members that there are. */
  readonly text: string;
  /** Of the text. */
  readonly digest: string;
}

/** Undefined for what has no name, and so is no tool. */
export function readToolDefinition(bytes: JsonBytes): ToolDefinition | undefined {
  const members = objectMembers(bytes, { start: 0, end: bytes.length }, DEFINING);
  const at = members.get('name');
  const name = at === undefined ? undefined : stringValue(bytes, at);
  if (name === undefined || name === '') return undefined;
  const parts = DEFINING_MEMBERS.flatMap((key) => {
    const member = members.get(key);
    return member === undefined ? [] : `${JSON.stringify(key)}:${canonicalJson(bytes, member)}`;
  });
  const text = `{${parts.join(',')}}`;
  return { name, text, digest: createHash('sha256').update(text).digest('base64url') };
}

/** Tools that are read in one go; everybody else's work comes between. */
const READ_AT_ONCE = 100;

/** Of the declarations of one name the first counts, as in the catalog. */
export async function readToolDefinitions(
  tools: readonly JsonBytes[],
): Promise<ReadonlyMap<string, ToolDefinition>> {
  const found = new Map<string, ToolDefinition>();
  for (const [index, bytes] of tools.entries()) {
    if (index % READ_AT_ONCE === READ_AT_ONCE - 1) await setImmediate();
    const definition = readToolDefinition(bytes);
    if (definition !== undefined && !found.has(definition.name)) found.set(definition.name, definition);
  }
  return found;
}

/** Of the declarations byte for byte: lists of one digest hold the same definitions. */
export function toolListDigest(tools: readonly JsonBytes[]): string {
  const hash = createHash('sha256');
  for (const bytes of tools) hash.update(`${bytes.length}\n`).update(bytes);
  return hash.digest('base64url');
}
