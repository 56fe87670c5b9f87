// A list of items as JSON text, as many as fit a budget: what a model reads in one answer is bounded.

/** Bytes of one answer; about 8,000 tokens. */
export const MAX_ANSWER_BYTES = 32_000;

export interface Fitted {
  /** JSON texts, in order. */
  readonly items: readonly string[];
  /** Where the next answer begins; undefined when this is the last one. */
  readonly next: number | undefined;
}

/** Takes items from a place on. One that alone is over the budget still comes, by itself. */
export function fit(count: number, from: number, textOf: (index: number) => string): Fitted {
  const items: string[] = [];
  let bytes = 0;
  for (let index = from; index < count; index++) {
    const text = textOf(index);
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > MAX_ANSWER_BYTES && items.length > 0) return { items, next: index };
    items.push(text);
  }
  return { items, next: undefined };
}
