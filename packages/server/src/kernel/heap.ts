// A binary heap: the first by an order, in steps that grow with the logarithm of what is in it.

export interface Heap<T> {
  readonly size: number;
  push(item: T): void;
  /** Takes the first out; undefined when there is none. */
  pop(): T | undefined;
}

/** `isBefore(a, b)`: a comes before b. */
export function createHeap<T>(isBefore: (a: T, b: T) => boolean, first: readonly T[]): Heap<T> {
  const items = [...first];
  for (let at = (items.length >> 1) - 1; at >= 0; at--) sink(at);

  function at(index: number): T {
    const item = items[index];
    if (item === undefined) throw new RangeError('beyond the heap');
    return item;
  }

  function swap(a: number, b: number): void {
    const item = at(a);
    items[a] = at(b);
    items[b] = item;
  }

  function sink(from: number): void {
    for (let parent = from; ;) {
      let best = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2])
        if (child < items.length && isBefore(at(child), at(best))) best = child;
      if (best === parent) return;
      swap(parent, best);
      parent = best;
    }
  }

  return {
    get size() {
      return items.length;
    },
    push(item) {
      items.push(item);
      for (let child = items.length - 1; child > 0;) {
        const parent = (child - 1) >> 1;
        if (!isBefore(at(child), at(parent))) return;
        swap(child, parent);
        child = parent;
      }
    },
    pop() {
      if (items.length === 0) return undefined;
      swap(0, items.length - 1);
      const item = items.pop();
      if (items.length > 0) sink(0);
      return item;
    },
  };
}
