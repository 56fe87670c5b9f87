// Cuts bytes into chunks at any places, for whatever must not care where they fall.

import * as fc from 'fast-check';

/** Sizes of chunks, used in turn. */
export const chunkSizes: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 20 })),
  {
    minLength: 1,
    maxLength: 10,
  },
);

export function chunked(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes.some((one) => one > 0) ? (sizes[i % sizes.length] ?? 1) : 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
