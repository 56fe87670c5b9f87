import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBatch, splitBatch } from '../src/batch.ts';
import { MAX_DEPTH } from '../src/scan.ts';
import { spanText } from '../src/json-items.ts';
import { runs } from './fuzz.ts';
import { messageText } from './message-text.ts';

function split(text: string, maxMessages = 100): string | string[] {
  const bytes = Buffer.from(text);
  const messages = splitBatch(bytes, maxMessages);
  return 'kind' in messages ? messages.kind : messages.map((span) => spanText(bytes, span));
}

test('a batch is split into its messages', () => {
  const property = fc.property(fc.array(messageText, { minLength: 1, maxLength: 4 }), (texts) => {
    const text = ` [${texts.join(',')}]\n`;
    expect(isBatch(Buffer.from(text))).toBe(true);
    expect(split(text)).toEqual(texts.map((message) => message.trim()));
  });
  fc.assert(property, runs(300));
});

test.each([
  ['parse', '[{}'],
  ['parse', '[{}] x'],
  ['shape', ''],
  ['shape', '[]'],
  ['shape', '[1,2,3,4]'],
  ['shape', '{}'],
])('%s: %s', (kind, text) => {
  expect(split(text, 3)).toBe(kind);
});

test('a batch that is nested too deep is refused', () => {
  const deep = MAX_DEPTH + 1;
  expect(split(`[${'['.repeat(deep)}${']'.repeat(deep)}]`, 3)).toBe('parse');
});

test('only an array looks like a batch', () => {
  expect(['{"a":[]}', '', ' ', '"["', 'x['].map((text) => isBatch(Buffer.from(text)))).toEqual(
    Array(5).fill(false),
  );
});

test('a batch in other bytes than UTF-8 is refused', () => {
  expect(splitBatch(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), 3)).toMatchObject({ kind: 'parse' });
});
