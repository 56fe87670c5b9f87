// Looks into values that were already validated: what is no array has no items, what is no object no members.

import { BACKSLASH, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './ascii.ts';
import { FAILED, JsonSkipper } from './json-skip.ts';
import type { Member, Span } from './message.ts';

export function spanText(bytes: Buffer, span: Span): string {
  return bytes.toString('utf8', span.start, span.end);
}

/** A view on the bytes of the span, not a copy. */
export function spanBytes(bytes: Buffer, span: Span): Buffer {
  return bytes.subarray(span.start, span.end);
}

/** The decoded string; undefined when the value is no string. */
export function stringValue(bytes: Buffer, span: Span): string | undefined {
  if (bytes[span.start] !== QUOTE) return undefined;
  for (let pos = span.start + 1; pos < span.end; pos++) {
    if (bytes[pos] === BACKSLASH) {
      const value: unknown = JSON.parse(spanText(bytes, span));
      return typeof value === 'string' ? value : undefined;
    }
  }
  return bytes.toString('utf8', span.start + 1, span.end - 1);
}

/** The spans of the elements of an array. */
export function arrayItems(bytes: Buffer, span: Span): Span[] {
  const items: Span[] = [];
  if (bytes[span.start] !== OPEN_BRACKET) return items;
  const skipper = new JsonSkipper(bytes, span.end, Number.MAX_SAFE_INTEGER);
  let start = skipper.space(span.start + 1);
  if (bytes[start] === CLOSE_BRACKET) return items;
  for (;;) {
    const end = skipper.value(start, 1);
    if (end === FAILED) return items;
    items.push({ start, end });
    const next = skipper.space(end);
    if (bytes[next] !== COMMA) return items;
    start = skipper.space(next + 1);
  }
}

/** One member of an object, its name decoded. */
export interface Entry {
  readonly key: string;
  readonly value: Member;
}

/** All members of an object in their order, repeated names included. */
export function objectEntries(bytes: Buffer, span: Span): Entry[] {
  const entries: Entry[] = [];
  if (bytes[span.start] !== OPEN_BRACE) return entries;
  const skipper = new JsonSkipper(bytes, span.end, Number.MAX_SAFE_INTEGER);
  skipper.object(span.start, 1, {
    member(keyStart, keyEnd, start, depth) {
      const key = stringValue(bytes, { start: keyStart, end: keyEnd });
      const end = skipper.value(start, depth);
      if (key !== undefined && end !== FAILED) entries.push({ key, value: { keyStart, start, end } });
      return end;
    },
  });
  return entries;
}

/** The wanted members of an object; of a repeated name the last one, as JSON.parse has it. */
export function objectMembers(bytes: Buffer, span: Span, wanted: ReadonlySet<string>): Map<string, Member> {
  const found = new Map<string, Member>();
  for (const { key, value } of objectEntries(bytes, span)) if (wanted.has(key)) found.set(key, value);
  return found;
}
