// One truth value written into YAML or JSON by changing as few characters as can be: comments, quotes, order and line
// ends stay as they are. What was put in by this is taken out again by it.

import { isMap, isScalar, isSeq, type Document, type Pair, type YAMLMap } from 'yaml';
import type { FieldPath } from '../problem.ts';
import type { Edit } from './parsed-text.ts';

/** Undefined where the field can't be written in its own place: in what an alias stands for, say. */
export function writeYamlField(
  {
    document,
    text,
    json,
  }: { readonly document: Document.Parsed; readonly text: string; readonly json: boolean },
  field: FieldPath,
  value: boolean,
): readonly Edit[] | undefined {
  const key = field.at(-1);
  const map = mapAt(document, field.slice(0, -1));
  if (map === undefined || typeof key !== 'string') return undefined;
  const place: Place = { map, text, key, json };
  const found = map.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === key);
  return found === -1 ? insert(place, value) : replace(place, found, value);
}

interface Place {
  readonly map: YAMLMap;
  readonly text: string;
  readonly key: string;
  readonly json: boolean;
}

function mapAt(document: Document.Parsed, field: FieldPath): YAMLMap | undefined {
  let node: unknown = document.contents;
  for (const part of field) {
    if (isMap(node)) node = node.items.find(({ key }) => isScalar(key) && key.value === part)?.value;
    else if (isSeq(node) && typeof part === 'number') node = node.items[part];
    else return undefined;
  }
  return isMap(node) ? node : undefined;
}

/** Before the first member, whose place tells how the map is written. */
function insert({ map, text, key, json }: Place, value: boolean): readonly Edit[] | undefined {
  const member = json ? `"${key}": ${value}` : `${key}: ${value}`;
  const start = startOf(map.items[0]);
  if (start === undefined) {
    const open = map.range?.[0];
    return map.flow === true && map.items.length === 0 && open !== undefined
      ? [{ start: open + 1, end: open + 1, text: member }]
      : undefined;
  }
  if (map.flow === true) return [{ start, end: start, text: `${member},${lineBefore(text, start) ?? ' '}` }];
  const indent = ' '.repeat(start - lineStart(text, start));
  return [{ start, end: start, text: `${member}${lineEnd(text)}${indent}` }];
}

function replace({ map, text, key }: Place, index: number, value: boolean): readonly Edit[] | undefined {
  const pair = map.items[index];
  const node = pair?.value;
  if (!isScalar(node) || !node.range) return undefined;
  const [start, end] = node.range;
  const keyStart = startOf(pair);
  const next = startOf(map.items[index + 1]);
  // `false` is what it means when it is not there; `enabled` is the other way round.
  const isDefault = value === (key === 'enabled');
  if (index === 0 && isDefault && keyStart !== undefined && next !== undefined) {
    const between = text.slice(end, next);
    const isOurs = map.flow === true ? /^,\s+$/.test(between) : /^\r?\n *$/.test(between);
    if (isOurs) return [{ start: keyStart, end: next, text: '' }];
  }
  return [{ start, end, text: String(value) }];
}

function startOf(pair: Pair | undefined): number | undefined {
  const key = pair?.key;
  return isScalar(key) ? key.range?.[0] : undefined;
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The line break and the blanks that stand before a place, if it is the first of its line. */
function lineBefore(text: string, offset: number): string | undefined {
  return /\r?\n[ \t]*$/.exec(text.slice(0, offset))?.[0];
}

function lineEnd(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
