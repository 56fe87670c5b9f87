// JSON-RPC batches, which only the revision 2025-03-26 has.

import { isUtf8 } from 'node:buffer';
import { CR, LF, OPEN_BRACKET, SPACE, TAB } from './ascii.ts';
import { arrayItems } from './json-items.ts';
import { FAILED, JsonSkipper } from './json-skip.ts';
import type { ScanFailure, Span } from './message.ts';
import { MAX_DEPTH } from './scan.ts';

/** Whether the bytes start like a batch. */
export function isBatch(bytes: Buffer): boolean {
  for (const byte of bytes) {
    if (byte === OPEN_BRACKET) return true;
    if (byte !== SPACE && byte !== LF && byte !== CR && byte !== TAB) return false;
  }
  return false;
}

/** The spans of the messages of a batch, none of them looked into. */
export function splitBatch(bytes: Buffer, maxMessages: number): readonly Span[] | ScanFailure {
  const failure = (kind: ScanFailure['kind'], reason: string, offset: number): ScanFailure => ({
    kind,
    reason,
    offset,
    id: undefined,
  });
  if (!isUtf8(bytes)) return failure('parse', 'not valid UTF-8', 0);
  const skipper = new JsonSkipper(bytes, bytes.length, MAX_DEPTH + 1);
  const start = skipper.space(0);
  if (bytes[start] !== OPEN_BRACKET) return failure('shape', 'not a batch', start);
  const end = skipper.array(start, 1);
  if (end === FAILED) return failure('parse', skipper.reason, skipper.offset);
  const rest = skipper.space(end);
  if (rest < bytes.length) return failure('parse', 'something after the batch', rest);
  const items = arrayItems(bytes, { start, end });
  if (items.length === 0) return failure('shape', 'an empty batch', start);
  if (items.length > maxMessages)
    return failure('shape', `more than ${maxMessages} messages in a batch`, start);
  return items;
}
