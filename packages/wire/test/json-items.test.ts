import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  arrayItems,
  objectEntries,
  objectMembers,
  spanBytes,
  spanText,
  stringValue,
} from '../src/json-items.ts';
import { runs } from './fuzz.ts';
import { valueText } from './json-text.ts';
import { isRawObject, readRaw } from './raw-json.ts';

/** The value in the middle of other bytes, so that its span matters. */
function embedded(text: string): { bytes: Buffer; span: { start: number; end: number } } {
  const value = text.trim();
  return { bytes: Buffer.from(`[[${value}]]`), span: { start: 2, end: 2 + Buffer.byteLength(value) } };
}

describe('items of validated JSON', () => {
  test('are the elements of an array, the members of an object, and nothing of anything else', () => {
    const property = fc.property(valueText, (text) => {
      const { bytes, span } = embedded(text);
      const raw = readRaw(text);
      const items = arrayItems(bytes, span).map((item) => readRaw(spanText(bytes, item)));
      const entries = objectEntries(bytes, span).map(({ key, value }) => [
        key,
        readRaw(spanText(bytes, value)),
      ]);
      expect(entries).toEqual(isRawObject(raw) ? raw.members : []);
      expect(items).toEqual(typeof raw === 'string' || isRawObject(raw) ? [] : raw);
      expect(stringValue(bytes, span)).toBe(
        typeof raw === 'string' && raw.startsWith('"') ? JSON.parse(raw) : undefined,
      );
      expect(spanBytes(bytes, span).toString()).toBe(text.trim());
    });
    fc.assert(property, runs(1500));
  });

  test('only wanted members are found, and the last of a repeated name', () => {
    const { bytes, span } = embedded('{"name":1,"x":2,"n\\u0061me" : [3],"constructor":4}');
    const found = objectMembers(bytes, span, new Set(['name', 'uri']));
    expect([...found].map(([name, member]) => [name, spanText(bytes, member)])).toEqual([['name', '[3]']]);
  });
});
