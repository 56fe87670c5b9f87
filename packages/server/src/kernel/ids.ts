// Ids that are made here: they grow with time, so that new ones stand together in an index, and can't be guessed.

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;

export type MakeId = (prefix: string) => string;

export interface IdDeps {
  readonly nowMs: () => number;
  /** So many bytes of chance. */
  readonly randomBytes: (size: number) => Uint8Array;
}

/** `task_01jd…`: the prefix, the time in milliseconds and 80 bits of chance. */
export function createIds({ nowMs, randomBytes }: IdDeps): MakeId {
  return (prefix) => {
    let time = '';
    for (let left = nowMs(), i = 0; i < TIME_CHARS; i++) {
      time = (ALPHABET[left % 32] ?? '') + time;
      left = Math.floor(left / 32);
    }
    let chance = '';
    for (const byte of randomBytes(RANDOM_CHARS)) chance += ALPHABET[byte & 31] ?? '';
    return `${prefix}_${time}${chance}`;
  };
}
