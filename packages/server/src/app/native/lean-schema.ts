// A JSON Schema without what costs a model's context and helps nobody: bounds that every integer has, patterns that the
// server checks with better words (and that other languages read differently), and the long way to say "any JSON". Pure.

import { isRecord } from '../../resources/is-record.ts';

/** `$ref` stands for any JSON: nothing else of ours refers to itself. */
const LEFT_OUT: ReadonlySet<string> = new Set(['$schema', '$defs', '$ref', 'pattern', 'propertyNames']);
const SAFE = Number.MAX_SAFE_INTEGER;

export function leanSchema(schema: object): object {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([keyword, value]) => !LEFT_OUT.has(keyword) && value !== SAFE && value !== -SAFE)
      .map(([keyword, value]) => [
        keyword,
        keyword === 'properties' ? leanProperties(value) : leanValue(value),
      ]),
  );
}

/** Names of properties are no keywords. */
function leanProperties(properties: unknown): unknown {
  if (!isRecord(properties)) return properties;
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, leanValue(value)]));
}

function leanValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(leanValue);
  return isRecord(value) ? leanSchema(value) : value;
}
