import { createParser } from 'eventsource-parser';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSseParser, encodeSse } from '../src/sse.ts';
import { chunked, chunkSizes } from './chunks.ts';
import { runs } from './fuzz.ts';
import { messageText } from './message-text.ts';

type Seen =
  | { event: string | undefined; id: string | undefined; data: string }
  | { retryMs: number }
  | 'oversize';

function parsed(chunks: readonly Buffer[], maxEventBytes = 1_000_000): Seen[] {
  const seen: Seen[] = [];
  const parser = createSseParser({
    maxEventBytes,
    onEvent: ({ event, id, data }) => seen.push({ event, id, data: data.toString() }),
    onRetry: (retryMs) => seen.push({ retryMs }),
    onOversize: () => seen.push('oversize'),
  });
  for (const chunk of chunks) parser.push(chunk);
  return seen;
}

function reference(text: string): Seen[] {
  const seen: Seen[] = [];
  const parser = createParser({
    onEvent: ({ event, id, data }) => seen.push({ event, id, data }),
    onRetry: (retryMs) => seen.push({ retryMs }),
  });
  parser.feed(text);
  return seen;
}

const value = fc.string({ unit: fc.constantFrom('a', ' ', ':', 'é', '😀', '7', '\0', 'data'), maxLength: 6 });
const line = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom('data: ', 'data:', 'data:  '), value).map((parts) => parts.join('')),
  },
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('id: ', 'event: ', 'event:', 'id:', 'retry: ', ': ', ':', 'x: ', ' data: ', 'dat: '),
        value,
      )
      .map((parts) => parts.join('')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'data',
      'id',
      'event',
      'retry',
      'retry: 1500',
      'retry:12',
      'retry: 1.5',
      'datas: x',
      'Data: x',
    ),
  },
);
const stream = (ends: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(line, fc.constantFrom(...ends)), { maxLength: 14 })
    .map((lines) => lines.map((parts) => parts.join('')).join(''));

describe('the parser', () => {
  test('agrees with eventsource-parser', () => {
    // That one keeps a line that ends in the last CR of its input for later: end with a line feed.
    const property = fc.property(stream(['\n', '\r\n', '\r']), (text) => {
      const whole = `${text}\n\n`;
      expect(parsed([Buffer.from(whole)])).toEqual(reference(whole));
    });
    fc.assert(property, runs(3000));
  });

  test('sees the same however the chunks fall, too large events included', () => {
    const property = fc.property(
      stream(['\n', '\r\n', '\r']),
      fc.constantFrom('', '\ufeff'),
      chunkSizes,
      fc.oneof(fc.nat(12), fc.constant(1000)),
      (text, bom, sizes, max) => {
        const bytes = Buffer.from(bom + text);
        expect(parsed(chunked(bytes, sizes), max)).toEqual(parsed([bytes], max));
      },
    );
    fc.assert(property, runs(3000));
  });

  test('skips a byte order mark at the start and only there', () => {
    expect(parsed([Buffer.from('\ufeffdata: a\n\n\ufeffdata: b\n\n')])).toEqual([
      { event: undefined, id: undefined, data: 'a' },
    ]);
  });

  test('passes on a priming event, which has an id and empty data', () => {
    expect(parsed([Buffer.from('id: 7\ndata: \n\nid: 8\n\n: ping\n\n')])).toEqual([
      { event: undefined, id: '7', data: '' },
    ]);
  });

  test('takes no view of the data when it can keep a single line', () => {
    const chunk = Buffer.from('data: {"a":1}\n\n');
    const seen: Buffer[] = [];
    const parser = createSseParser({
      maxEventBytes: 100,
      onEvent: ({ data }) => seen.push(data),
      onRetry() {},
      onOversize() {},
    });
    parser.push(chunk);
    expect(seen[0]?.buffer).toBe(chunk.buffer);
  });

  test('reports an event that is too large once, holds little of it, and goes on', () => {
    const seen: string[] = [];
    const parser = createSseParser({
      maxEventBytes: 1 << 20,
      onEvent: ({ data }) => seen.push(data.toString()),
      onRetry() {},
      onOversize: () => seen.push('oversize'),
    });
    const before = process.memoryUsage().arrayBuffers;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const many = Buffer.from('data\n'.repeat(10_000));
    parser.push(Buffer.from('data: '));
    for (let sent = 0; sent < 100 << 20; sent += chunk.length) parser.push(chunk);
    parser.push(Buffer.from(`\ndata: more\ndata: ${'y'.repeat(2 << 20)}\n\ndata: fine\n\n`));
    for (let sent = 0; sent < 20 << 20; sent += many.length) parser.push(many);
    parser.push(Buffer.from('\ndata: fine too\n\n'));
    expect(seen).toEqual(['oversize', 'fine', 'oversize', 'fine too']);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20);
  });
});

describe('the encoder', () => {
  test('what it writes is read as the same JSON', () => {
    const property = fc.property(
      messageText,
      fc.option(fc.constantFrom('1', 'a:b')),
      chunkSizes,
      (text, id, sizes) => {
        const bytes = encodeSse(Buffer.from(text), id ?? undefined, 'message');
        const data = text.replaceAll(/\r\n|\r/g, '\n');
        expect(parsed(chunked(bytes, sizes))).toEqual([{ event: 'message', id: id ?? undefined, data }]);
      },
    );
    fc.assert(property, runs(500));
  });

  test('writes plain events', () => {
    expect(encodeSse(Buffer.from('{}')).toString()).toBe('data: {}\n\n');
    expect(encodeSse(Buffer.from('{\r\n}'), '3').toString()).toBe('id: 3\ndata: {\ndata: }\n\n');
  });
});
