// Sizes as people write them: `512Ki`, `16Mi`, `1Gi` (powers of 1024), `500k`, `20M`, `1G` (powers of 1000), or a
// number of bytes. Inside they are bytes.

import { z } from 'zod';

const SIZE = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|k|M|G)?$/;
const NOT_A_SIZE = 'not a size; write `512Mi`, `1Gi` or a number of bytes';
const UNIT_BYTES: Readonly<Record<string, number>> = {
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
};

/** Bytes, or undefined when the text is no size. */
export function parseByteSize(value: string | number): number | undefined {
  if (typeof value === 'number') return value;
  const [, amount, unit] = SIZE.exec(value) ?? [];
  if (amount === undefined) return undefined;
  return Math.round(Number(amount) * (unit === undefined ? 1 : (UNIT_BYTES[unit] ?? Number.NaN)));
}

/** A size field within a range; comes out as bytes. */
export function byteSize(minBytes: number, maxBytes = Number.MAX_SAFE_INTEGER) {
  return z
    .union([z.number().int().nonnegative(), z.string().regex(SIZE, NOT_A_SIZE)], {
      error: NOT_A_SIZE,
    })
    .transform((value, context) => {
      const bytes = parseByteSize(value);
      if (bytes !== undefined && bytes >= minBytes && bytes <= maxBytes) return bytes;
      const most = maxBytes === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${maxBytes}`;
      context.addIssue({ code: 'custom', message: `out of range; write at least ${minBytes}${most} bytes` });
      return z.NEVER;
    });
}
