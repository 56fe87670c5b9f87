// Skips over one JSON value without building it: accepts exactly what JSON.parse accepts, within a depth.
// Every method takes the offset where its production starts and returns the offset after it, or FAILED; the reason and
// the place then stand in `reason` and `offset`. UTF-8 is the caller's check: here bytes above 0x7f pass in strings.

import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  CR,
  DOT,
  LF,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  LOWER_U,
  MINUS,
  NINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  QUOTE,
  SPACE,
  TAB,
  UPPER_E,
  ZERO,
} from './ascii.ts';

export const FAILED = -1;

/** Called for each member of an object; skips the value itself and returns the offset after it, or FAILED. */
export interface MemberVisitor {
  /** `keyStart` and `keyEnd` include the quotes; `depth` is the one that a container at `start` would have. */
  member(keyStart: number, keyEnd: number, start: number, depth: number): number;
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** 1 for each byte that needs a look inside of a string: quote, backslash and control characters. */
const SPECIAL = new Uint8Array(256).fill(1, 0, SPACE);
SPECIAL[QUOTE] = 1;
SPECIAL[BACKSLASH] = 1;

/** How many bytes of a string are tested at once; twice as fast for long ones as one by one. */
const BLOCK = 8;

function isPlainBlock(bytes: Buffer, pos: number): boolean {
  return (
    ((SPECIAL[bytes[pos] ?? 0] ?? 0) |
      (SPECIAL[bytes[pos + 1] ?? 0] ?? 0) |
      (SPECIAL[bytes[pos + 2] ?? 0] ?? 0) |
      (SPECIAL[bytes[pos + 3] ?? 0] ?? 0) |
      (SPECIAL[bytes[pos + 4] ?? 0] ?? 0) |
      (SPECIAL[bytes[pos + 5] ?? 0] ?? 0) |
      (SPECIAL[bytes[pos + 6] ?? 0] ?? 0) |
      (SPECIAL[bytes[pos + 7] ?? 0] ?? 0)) ===
    0
  );
}

const HEX = new Uint8Array(256);
for (const digit of Buffer.from('0123456789abcdefABCDEF')) HEX[digit] = 1;

const ESCAPED = new Uint8Array(256);
for (const letter of Buffer.from('"\\/bfnrt')) ESCAPED[letter] = 1;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

export class JsonSkipper {
  readonly bytes: Buffer;
  readonly end: number;
  readonly maxDepth: number;
  /** Whether the key that the visitor was called with, or the last string, has an escape. */
  escaped = false;
  reason = '';
  offset = 0;

  constructor(bytes: Buffer, end: number, maxDepth: number) {
    this.bytes = bytes;
    this.end = end;
    this.maxDepth = maxDepth;
  }

  fail(offset: number, reason: string): typeof FAILED {
    this.offset = offset;
    this.reason = offset >= this.end ? 'unexpected end' : reason;
    return FAILED;
  }

  /** The offset of the first byte that is not white space. */
  space(start: number): number {
    const { bytes, end } = this;
    let pos = start;
    while (pos < end) {
      const byte = bytes[pos] ?? 0;
      if (byte > SPACE || (byte !== SPACE && byte !== LF && byte !== CR && byte !== TAB)) break;
      pos++;
    }
    return pos;
  }

  value(start: number, depth: number): number {
    if (start >= this.end) return this.fail(start, '');
    switch (this.bytes[start] ?? 0) {
      case QUOTE:
        return this.string(start);
      case OPEN_BRACE:
        return this.object(start, depth, undefined);
      case OPEN_BRACKET:
        return this.array(start, depth);
      case LOWER_T:
        return this.#literal(start, TRUE);
      case LOWER_F:
        return this.#literal(start, FALSE);
      case LOWER_N:
        return this.#literal(start, NULL);
      default:
        return this.#number(start);
    }
  }

  /** An object at `{`; with a visitor, the visitor skips the values. */
  object(open: number, depth: number, visitor: MemberVisitor | undefined): number {
    if (depth > this.maxDepth) return this.fail(open, `nested deeper than ${this.maxDepth}`);
    const { bytes, end } = this;
    let pos = this.space(open + 1);
    if (pos < end && bytes[pos] === CLOSE_BRACE) return pos + 1;
    for (;;) {
      const keyStart = pos;
      if (pos >= end || bytes[pos] !== QUOTE) return this.fail(pos, 'expected a member name');
      const keyEnd = this.string(pos);
      if (keyEnd === FAILED) return FAILED;
      pos = keyEnd < end && bytes[keyEnd] === COLON ? keyEnd : this.space(keyEnd);
      if (pos >= end || bytes[pos] !== COLON) return this.fail(pos, 'expected a colon');
      pos = this.space(pos + 1);
      pos =
        visitor === undefined ? this.value(pos, depth + 1) : visitor.member(keyStart, keyEnd, pos, depth + 1);
      if (pos === FAILED) return FAILED;
      pos = this.space(pos);
      if (pos >= end) return this.fail(pos, '');
      const byte = bytes[pos];
      if (byte === CLOSE_BRACE) return pos + 1;
      if (byte !== COMMA) return this.fail(pos, 'expected a comma or }');
      pos = this.space(pos + 1);
    }
  }

  array(open: number, depth: number): number {
    if (depth > this.maxDepth) return this.fail(open, `nested deeper than ${this.maxDepth}`);
    const { bytes, end } = this;
    let pos = this.space(open + 1);
    if (pos < end && bytes[pos] === CLOSE_BRACKET) return pos + 1;
    for (;;) {
      pos = this.value(pos, depth + 1);
      if (pos === FAILED) return FAILED;
      pos = this.space(pos);
      if (pos >= end) return this.fail(pos, '');
      const byte = bytes[pos];
      if (byte === CLOSE_BRACKET) return pos + 1;
      if (byte !== COMMA) return this.fail(pos, 'expected a comma or ]');
      pos = this.space(pos + 1);
    }
  }

  /** A string at its opening quote. */
  string(open: number): number {
    const { bytes, end } = this;
    this.escaped = false;
    let pos = open + 1;
    for (;;) {
      while (pos < end - BLOCK && isPlainBlock(bytes, pos)) pos += BLOCK;
      while (pos < end && SPECIAL[bytes[pos] ?? 0] === 0) pos++;
      if (pos >= end) return this.fail(end, '');
      const byte = bytes[pos];
      if (byte === QUOTE) return pos + 1;
      if (byte !== BACKSLASH) return this.fail(pos, 'control character in a string');
      this.escaped = true;
      pos++;
      if (pos < end && ESCAPED[bytes[pos] ?? 0] === 1) {
        pos++;
      } else {
        pos = this.#unicodeEscape(pos);
        if (pos === FAILED) return FAILED;
      }
    }
  }

  /** The `u` of an escape and four digits. */
  #unicodeEscape(start: number): number {
    const { bytes, end } = this;
    if (start >= end || bytes[start] !== LOWER_U) return this.fail(start, 'unknown escape');
    const after = start + 5;
    for (let pos = start + 1; pos < after; pos++) {
      if (pos >= end || HEX[bytes[pos] ?? 0] !== 1) return this.fail(pos, 'expected a hexadecimal digit');
    }
    return after;
  }

  #literal(start: number, literal: Buffer): number {
    const { bytes, end } = this;
    for (let i = 1; i < literal.length; i++) {
      if (start + i >= end || bytes[start + i] !== literal[i]) return this.fail(start + i, 'unknown literal');
    }
    return start + literal.length;
  }

  #number(start: number): number {
    const { bytes, end } = this;
    let pos = start;
    if (bytes[pos] === MINUS) pos++;
    if (pos < end && bytes[pos] === ZERO) {
      pos++;
    } else {
      pos = this.#digits(pos);
      if (pos === FAILED) return FAILED;
    }
    if (pos < end && bytes[pos] === DOT) {
      pos = this.#digits(pos + 1);
      if (pos === FAILED) return FAILED;
    }
    if (pos < end && (bytes[pos] === LOWER_E || bytes[pos] === UPPER_E)) {
      pos++;
      if (pos < end && (bytes[pos] === PLUS || bytes[pos] === MINUS)) pos++;
      pos = this.#digits(pos);
    }
    return pos;
  }

  /** One digit or more. */
  #digits(start: number): number {
    const { bytes, end } = this;
    let pos = start;
    while (pos < end && isDigit(bytes[pos])) pos++;
    return pos === start ? this.fail(start, 'unexpected byte') : pos;
  }
}
