// Changes bytes at a few places, with one allocation. Edits name places in the original bytes, so those that are made
// apart go together into one splice. Commas are the only thing that they can't decide alone: an insertion of members
// needs one after it only if the edits leave something behind it in the object, which only `splice` sees.

import { CLOSE_BRACE, COMMA, CR, LF, SPACE, TAB } from './ascii.ts';
import type { Member, Message, Span } from './message.ts';

/** Replaces `start` to `end` by the text; with `start === end` it inserts. */
export interface Edit extends Span {
  readonly text: string | Buffer;
  /** The text is members at the front of an object: `splice` puts a comma after it where one is needed. */
  readonly members?: true;
}

export function replaceSpan(span: Span, text: string | Buffer): Edit {
  return { start: span.start, end: span.end, text };
}

/** Inserts `"k":v,"k2":v2` at the front of an object. */
export function insertMembers(object: Span, text: string | Buffer): Edit {
  return { start: object.start + 1, end: object.start + 1, text, members: true };
}

/** Removes the repeated members that do not count. */
export function cutEdits(message: Message): Edit[] {
  return message.cuts.map((cut) => replaceSpan(cut, ''));
}

/**
 * Removes members of one object; call it once per object. `cuts` are regions that other edits of the same splice remove,
 * as `cutEdits` has them: when the last member goes, so does the comma before it and before all that is removed with it.
 */
export function cutMembers(bytes: Buffer, members: readonly Member[], cuts: readonly Span[] = []): Edit[] {
  const edits: Edit[] = [];
  let last: Member | undefined;
  for (const member of members) {
    const comma = skipSpace(bytes, member.end);
    if (bytes[comma] !== COMMA) last = member;
    else edits.push({ start: member.keyStart, end: skipSpace(bytes, comma + 1), text: '' });
  }
  if (last === undefined) return edits;
  const start = startOfRun([...cuts, ...edits], last.keyStart);
  const afterComma = skipSpaceBack(bytes, start);
  if (bytes[afterComma - 1] === COMMA) edits.push({ start: afterComma - 1, end: start, text: '' });
  edits.push({ start: last.keyStart, end: last.end, text: '' });
  return edits;
}

/** Where the unbroken run of regions that ends at `end` starts. */
function startOfRun(regions: readonly Span[], end: number): number {
  const startOf = new Map(regions.map((region) => [region.end, region.start]));
  let start = end;
  for (let earlier = startOf.get(start); earlier !== undefined; earlier = startOf.get(start)) start = earlier;
  return start;
}

/** The bytes with the edits made. They may come in any order; insertions at one place keep theirs. */
export function splice(bytes: Buffer, edits: readonly Edit[]): Buffer {
  const ordered = inOrder(edits);
  const texts = textsOf(bytes, ordered);
  let length = bytes.length;
  for (const [index, edit] of ordered.entries()) {
    length += byteLength(texts[index] ?? '') - (edit.end - edit.start);
  }
  const out = Buffer.allocUnsafe(length);
  let read = 0;
  let written = 0;
  for (const [index, edit] of ordered.entries()) {
    if (edit.start > read) written += bytes.copy(out, written, read, edit.start);
    written += put(out, written, texts[index] ?? '');
    read = edit.end;
  }
  bytes.copy(out, written, read);
  return out;
}

/** The same as text with one character a byte (latin1), which is how a socket takes bytes with the least work. */
export function spliceText(bytes: Buffer, edits: readonly Edit[]): string {
  const [only] = edits;
  if (only !== undefined && edits.length === 1 && only.members !== true && only.end <= bytes.length) {
    return bytes.toString('latin1', 0, only.start) + byteText(only.text) + bytes.toString('latin1', only.end);
  }
  const ordered = inOrder(edits);
  const texts = textsOf(bytes, ordered);
  let out = '';
  let read = 0;
  for (const [index, edit] of ordered.entries()) {
    out += bytes.toString('latin1', read, edit.start) + byteText(texts[index] ?? '');
    read = edit.end;
  }
  return out + bytes.toString('latin1', read);
}

function inOrder(edits: readonly Edit[]): readonly Edit[] {
  for (let i = 1; i < edits.length; i++) {
    const [before, edit] = [edits[i - 1], edits[i]];
    if (
      before !== undefined &&
      edit !== undefined &&
      (before.start > edit.start || (before.start === edit.start && before.end > edit.end))
    ) {
      return edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
    }
  }
  return edits;
}

/** What each edit puts in; throws when they overlap or leave the bytes. */
function textsOf(bytes: Buffer, ordered: readonly Edit[]): (string | Buffer)[] {
  const texts: (string | Buffer)[] = [];
  let done = 0;
  for (const edit of ordered) {
    if (edit.start < done) throw new RangeError(`overlapping edits at ${edit.start}`);
    done = edit.end;
    texts.push(withComma(bytes, ordered, texts.length, edit));
  }
  if (done > bytes.length) throw new RangeError(`an edit ends at ${done} of ${bytes.length} bytes`);
  return texts;
}

function byteLength(text: string | Buffer): number {
  return text.length === 0 || typeof text !== 'string' ? text.length : Buffer.byteLength(text);
}

function put(out: Buffer, at: number, text: string | Buffer): number {
  if (text.length === 0) return 0;
  return typeof text === 'string' ? out.write(text, at) : text.copy(out, at);
}

function byteText(text: string | Buffer): string {
  // Only what is not ASCII has to be encoded.
  if (typeof text === 'string' && Buffer.byteLength(text) === text.length) return text;
  return (typeof text === 'string' ? Buffer.from(text) : text).toString('latin1');
}

/** What the edit at `index` puts in, with the comma that inserted members need. */
function withComma(bytes: Buffer, ordered: readonly Edit[], index: number, edit: Edit): string | Buffer {
  const { text } = edit;
  if (edit.members !== true || text.length === 0 || objectEnds(bytes, ordered, index + 1, edit.end))
    return text;
  return typeof text === 'string' ? `${text},` : Buffer.concat([text, Buffer.of(COMMA)]);
}

/** Whether nothing but removed bytes lies between `start` and the closing brace; `next` is the first edit from there. */
function objectEnds(bytes: Buffer, ordered: readonly Edit[], next: number, start: number): boolean {
  let pos = skipSpace(bytes, start);
  for (let i = next; i < ordered.length; i++) {
    const edit = ordered[i];
    if (edit === undefined || edit.start > pos) break;
    if (edit.text.length > 0) return false;
    pos = skipSpace(bytes, Math.max(pos, edit.end));
  }
  return bytes[pos] === CLOSE_BRACE;
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}

function skipSpace(bytes: Buffer, start: number): number {
  let pos = start;
  while (isSpace(bytes[pos])) pos++;
  return pos;
}

function skipSpaceBack(bytes: Buffer, end: number): number {
  let pos = end;
  while (isSpace(bytes[pos - 1])) pos--;
  return pos;
}
