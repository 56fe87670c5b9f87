import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../test/verifies.ts';
import { createLineSplitter, OVERSIZE_ENDS_BYTES } from '../src/lines.ts';
import { chunked, chunkSizes } from './chunks.ts';
import { runs } from './fuzz.ts';

function split(chunks: readonly Buffer[], maxLineBytes: number): string[] {
  const seen: string[] = [];
  const splitter = createLineSplitter({
    maxLineBytes,
    onLine: (line) => seen.push(line.toString('latin1')),
    onOversize: () => seen.push('(oversize)'),
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return seen;
}

/** What the lines are, said over the whole text. */
function reference(text: Buffer, maxLineBytes: number): string[] {
  const lines = text.toString('latin1').split('\n');
  return lines
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => line !== '')
    .map((line) => (line.length > maxLineBytes ? '(oversize)' : line));
}

describe('lines', () => {
  test('are the same however the chunks fall', () => {
    verifies('GW-04');
    const unit = fc.constantFrom('a', 'b', 'é', '😀', '\n', '\n', '\r\n', '\r', '\n\n', 'long long line');
    const property = fc.property(
      fc.string({ unit, maxLength: 30 }),
      chunkSizes,
      fc.nat(20),
      (text, sizes, max) => {
        const bytes = Buffer.from(text);
        expect(split(chunked(bytes, sizes), max)).toEqual(reference(bytes, max));
      },
    );
    fc.assert(property, runs(3000));
  });

  test('a line that lies in one chunk is not copied', () => {
    const chunk = Buffer.from('{"a":1}\r\n{"b":2}\n');
    const seen: Buffer[] = [];
    const splitter = createLineSplitter({
      maxLineBytes: 100,
      onLine: (line) => seen.push(line),
      onOversize() {},
    });
    splitter.push(chunk);
    expect(seen.map(String)).toEqual(['{"a":1}', '{"b":2}']);
    expect(seen.map((line) => line.buffer)).toEqual([chunk.buffer, chunk.buffer]);
  });

  test('a line of 50 MB arrives whole if it may, in chunks of any size', () => {
    verifies('SUP-06');
    for (const size of [64 * 1024, 1024]) {
      const lengths: number[] = [];
      const splitter = createLineSplitter({
        maxLineBytes: 50 << 20,
        onLine: (line) => lengths.push(line.length),
        onOversize: () => lengths.push(-1),
      });
      const chunk = Buffer.alloc(size, 'x');
      for (let sent = 0; sent < 50 << 20; sent += size) splitter.push(chunk);
      splitter.push(Buffer.from('\nnext\n'));
      expect(lengths).toEqual([50 << 20, 4]);
    }
  });

  test('a line that is too long is reported once, not held, and the next one is fine', () => {
    verifies('SUP-06');
    const seen: string[] = [];
    const splitter = createLineSplitter({
      maxLineBytes: 1 << 20,
      onLine: (line) => seen.push(line.toString()),
      onOversize: (bytes) => seen.push(bytes <= 2 << 20 ? 'oversize' : 'late'),
    });
    const before = process.memoryUsage().arrayBuffers;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    for (let sent = 0; sent < 500 << 20; sent += chunk.length) splitter.push(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20);
    splitter.push(Buffer.from('tail\n{"ok":1}\n'));
    expect(seen).toEqual(['oversize', '{"ok":1}']);
  });

  test('of a line that is too long the two ends are told, however the chunks fall', () => {
    const text = Buffer.from(Array.from({ length: 2_000 }, (_, index) => 97 + (index % 26)));
    const property = fc.property(
      chunkSizes,
      fc.integer({ min: OVERSIZE_ENDS_BYTES, max: 1_999 }),
      (sizes, maxLineBytes) => {
        const ends: string[] = [];
        const splitter = createLineSplitter({
          maxLineBytes,
          onLine() {},
          onOversize() {},
          onOversizeEnd: (head, tail) => ends.push(head.toString(), tail.toString()),
        });
        for (const chunk of chunked(Buffer.concat([text, Buffer.from('\nx\n')]), sizes)) splitter.push(chunk);
        expect(ends).toEqual([
          text.toString('latin1', 0, OVERSIZE_ENDS_BYTES),
          text.subarray(-OVERSIZE_ENDS_BYTES).toString(),
        ]);
      },
    );
    fc.assert(property, runs(300));
  });

  test('a line that grows byte by byte costs time in proportion', () => {
    let length = 0;
    const splitter = createLineSplitter({
      maxLineBytes: 4 << 20,
      onLine: (line) => {
        length = line.length;
      },
      onOversize() {},
    });
    const byte = Buffer.from('x');
    for (let i = 0; i < 2 << 20; i++) splitter.push(byte);
    splitter.end();
    expect(length).toBe(2 << 20);
  });
});
