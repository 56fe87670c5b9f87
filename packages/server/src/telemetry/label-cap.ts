// Bounds the values that a label takes: the first `max` distinct ones are kept, the rest is `other`.

export const OTHER = 'other';

export interface LabelCap {
  /** The value itself, or `other` when it is new and there is no room. */
  admit(value: string): string;
}

export function createLabelCap(max: number): LabelCap {
  const admitted = new Set<string>();
  return {
    admit(value) {
      if (admitted.has(value)) return value;
      if (admitted.size >= max) return OTHER;
      admitted.add(value);
      return value;
    },
  };
}
