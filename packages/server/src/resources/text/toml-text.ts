// TOML into a value with positions. The parser tells no positions of values, so they are read from the lines: table
// headers and keys, which is all that a message needs.

import { parse, TomlDate, TomlError } from 'smol-toml';
import type { FieldPath, Position } from '../problem.ts';
import type { ParsedText } from './parsed-text.ts';

export function parseToml(text: string): ParsedText {
  try {
    const value = parse(text);
    const places = findPlaces(text);
    return {
      documents: [{ value: withTextDates(value), locate: (field) => nearest(places, field) }],
      errors: [],
    };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [first = ''] = error.message.split('\n');
    const message = first.replace(/^Invalid TOML document: /, '');
    return {
      documents: [],
      errors: [{ line: error.line, column: error.column, message: `not valid TOML: ${message}` }],
    };
  }
}

function findPlaces(text: string): ReadonlyMap<string, Position> {
  const places = new Map<string, Position>();
  let table: readonly string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const column = line.length - line.trimStart().length + 1;
    const header = /^\s*\[\[?(.+?)\]\]?\s*(?:#.*)?$/.exec(line)?.[1];
    const keys = readKey(header ?? /^([^=]+)=/.exec(line)?.[1]);
    if (keys === undefined) continue;
    if (header !== undefined) table = keys;
    const path = header === undefined ? [...table, ...keys] : keys;
    for (let length = 1; length <= path.length; length++) {
      const key = JSON.stringify(path.slice(0, length));
      if (!places.has(key)) places.set(key, { line: index + 1, column });
    }
  }
  return places;
}

/** The parts of a dotted key, by the parser itself. */
function readKey(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  try {
    const parts: string[] = [];
    let at: unknown = parse(`${text} = 0`);
    while (typeof at === 'object' && at !== null) {
      const [entry] = Object.entries(at);
      if (entry === undefined) return undefined;
      parts.push(entry[0]);
      at = entry[1];
    }
    return parts;
  } catch (error) {
    if (error instanceof TomlError) return undefined;
    throw error;
  }
}

function nearest(places: ReadonlyMap<string, Position>, field: FieldPath): Position {
  for (let length = field.length; length > 0; length--) {
    const place = places.get(JSON.stringify(field.slice(0, length)));
    if (place !== undefined) return place;
  }
  return { line: 1, column: 1 };
}

/** Dates as the text they were: inside, values are JSON. */
function withTextDates(value: unknown): unknown {
  if (value instanceof TomlDate) return value.toISOString();
  if (Array.isArray(value)) return value.map(withTextDates);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withTextDates(member)]));
}
