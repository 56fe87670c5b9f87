// TOML into a value with positions. The parser tells no positions of values, so they are read from the lines: table
// headers and keys, which is all that a message needs.

import { parse, TomlDate, TomlError } from 'smol-toml';
import type { FieldPath, Position } from '../problem.ts';
import type { Edit, ParsedText } from './parsed-text.ts';

export function parseToml(text: string): ParsedText {
  try {
    const value = parse(text);
    const places = findPlaces(text);
    return {
      documents: [
        {
          value: withTextDates(value),
          locate: (field) => nearest(places, field),
          write: (field, wanted) => writeField(text, places, field, wanted),
        },
      ],
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

/** In the line of the field, or in a line of its own behind the header of its table. */
function writeField(
  text: string,
  places: ReadonlyMap<string, Position>,
  field: FieldPath,
  value: boolean,
): readonly Edit[] | undefined {
  const own = places.get(JSON.stringify(field));
  const lines = text.split('\n');
  const startOf = (line: number): number => lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
  const key = String(field.at(-1));
  if (own !== undefined) {
    const line = lines[own.line - 1] ?? '';
    const found = /^([^=]*=\s*)(?:true|false)\b/.exec(line);
    if (found === null) return undefined;
    const start = startOf(own.line);
    const isOurs = isHeaderOf(lines[own.line - 2], field) && line.trimEnd() === `${key} = ${!value}`;
    // It means the same when it is not there.
    if (isOurs && value === (key === 'enabled') && own.line < lines.length)
      return [{ start, end: start + line.length + 1, text: '' }];
    return [{ start: start + (found[1] ?? '').length, end: start + found[0].length, text: String(value) }];
  }
  const header = lines.findIndex((line) => isHeaderOf(line, field));
  if (header === -1) return undefined;
  const end = lines[header]?.endsWith('\r') ? '\r\n' : '\n';
  if (header === lines.length - 1)
    return [{ start: text.length, end: text.length, text: `${end}${key} = ${value}` }];
  const start = startOf(header + 2);
  return [{ start, end: start, text: `${key} = ${value}${end}` }];
}

/** Whether the line opens the table that the field is in. */
function isHeaderOf(line: string | undefined, field: FieldPath): boolean {
  const header = /^\s*\[([^[].*?)\]\s*(?:#.*)?$/.exec(line ?? '')?.[1];
  return header !== undefined && JSON.stringify(readKey(header)) === JSON.stringify(field.slice(0, -1));
}

/** Dates as the text they were: inside, values are JSON. */
function withTextDates(value: unknown): unknown {
  if (value instanceof TomlDate) return value.toISOString();
  if (Array.isArray(value)) return value.map(withTextDates);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withTextDates(member)]));
}
