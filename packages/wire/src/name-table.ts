// Finds which of a few known names a key in the bytes spells, without making a string of it.

import { foldCase } from './fold-case.ts';

const SLOTS = 256;
/** How many bytes the longest escape of one character takes: `\u0000`. */
const ESCAPE_BYTES = 6;
/** The most bytes that a character takes which folds to one of ASCII: U+212A. */
const FOLDED_BYTES = 3;
const FIRST_BEYOND_ASCII = 0x80;

class Name {
  readonly text: string;
  readonly bytes: Buffer;

  constructor(text: string) {
    this.text = text;
    this.bytes = Buffer.from(text);
  }
}

function slotOf(length: number, first: number, last: number): number {
  return (length + (first << 2) + (last << 4)) & (SLOTS - 1);
}

export class NameTable {
  readonly #slots: (Name[] | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  readonly #names: ReadonlySet<string>;
  readonly #longest: number;
  /** By what they fold to. */
  readonly #folded: ReadonlyMap<string, string>;
  /** 1 for each length that a name has. */
  readonly #lengths: Uint8Array;

  constructor(names: ReadonlySet<string>) {
    this.#names = names;
    let longest = 0;
    for (const text of names) {
      const name = new Name(text);
      const { length } = name.bytes;
      longest = Math.max(longest, length);
      const slot = slotOf(length, name.bytes[0] ?? 0, name.bytes[length - 1] ?? 0);
      (this.#slots[slot] ??= []).push(name);
    }
    this.#longest = longest;
    this.#folded = new Map([...names].map((text) => [foldCase(text), text]));
    this.#lengths = new Uint8Array(longest + 1);
    for (const text of names) this.#lengths[Buffer.byteLength(text)] = 1;
  }

  /** The known name that the key spells; `keyStart` and `keyEnd` include its quotes. */
  find(bytes: Buffer, keyStart: number, keyEnd: number, escaped: boolean): string | undefined {
    if (escaped) return this.#findEscaped(bytes, keyStart, keyEnd);
    const start = keyStart + 1;
    const length = keyEnd - 1 - start;
    if (length === 0) return undefined;
    const slot = this.#slots[slotOf(length, bytes[start] ?? 0, bytes[keyEnd - 2] ?? 0)];
    if (slot === undefined) return undefined;
    for (const name of slot) {
      if (name.bytes.length === length && spells(bytes, start, name.bytes)) return name.text;
    }
    return undefined;
  }

  /**
   * The known name that the key, which is none itself, spells for a reader to whom the case of letters does not matter.
   * Such a one is Go's encoding/json, to which `\u017f` is an s, too, and `\u212a` a k.
   */
  findAlike(bytes: Buffer, keyStart: number, keyEnd: number, escaped: boolean): string | undefined {
    const length = keyEnd - keyStart - 2;
    if (length > this.#longest * (escaped ? ESCAPE_BYTES : FOLDED_BYTES)) return undefined;
    if (!escaped && this.#lengths[length] !== 1 && isAscii(bytes, keyStart, keyEnd)) return undefined;
    const key: unknown = JSON.parse(bytes.toString('utf8', keyStart, keyEnd));
    return typeof key === 'string' ? this.#folded.get(foldCase(key)) : undefined;
  }

  #findEscaped(bytes: Buffer, keyStart: number, keyEnd: number): string | undefined {
    if (keyEnd - keyStart > this.#longest * ESCAPE_BYTES + 2) return undefined;
    const key: unknown = JSON.parse(bytes.toString('utf8', keyStart, keyEnd));
    return typeof key === 'string' && this.#names.has(key) ? key : undefined;
  }
}

function spells(bytes: Buffer, start: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((bytes[i] ?? 0) >= FIRST_BEYOND_ASCII) return false;
  return true;
}
