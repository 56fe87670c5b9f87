// Things by their number, for those that come and go with every call: open addressing with linear probing. Like `Bag` it
// stands where a Map would leave a chain of old tables behind. It never shrinks: what may be in it is bounded elsewhere.

const FIRST_SLOTS = 16;

export class IdTable<T extends { readonly id: number }> {
  #slots: (T | undefined)[] = emptySlots(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    return this.#slots[this.#slotOf(id)];
  }

  /** Takes the place of another thing with the same number. */
  set(item: T): void {
    const at = this.#slotOf(item.id);
    if (this.#slots[at] === undefined) this.#size++;
    this.#slots[at] = item;
    if (this.#size * 2 > this.#slots.length) this.#grow();
  }

  /** Takes it out. */
  take(id: number): T | undefined {
    let hole = this.#slotOf(id);
    const taken = this.#slots[hole];
    if (taken === undefined) return undefined;
    this.#size--;
    const mask = this.#slots.length - 1;
    for (let next = (hole + 1) & mask; ; next = (next + 1) & mask) {
      const moved = this.#slots[next];
      if (moved === undefined) break;
      // Those that were put behind the hole because it was taken move up.
      if (((next - moved.id) & mask) < ((next - hole) & mask)) continue;
      this.#slots[hole] = moved;
      hole = next;
    }
    this.#slots[hole] = undefined;
    return taken;
  }

  /** As they are now: what comes and goes on the way changes nothing. */
  all(): T[] {
    return this.#slots.filter((item) => item !== undefined);
  }

  clear(): void {
    this.#slots = emptySlots(FIRST_SLOTS);
    this.#size = 0;
  }

  /** Where the number is, or the free slot where it would be. */
  #slotOf(id: number): number {
    const mask = this.#slots.length - 1;
    let at = id & mask;
    for (let item = this.#slots[at]; item !== undefined && item.id !== id; item = this.#slots[at])
      at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const items = this.all();
    this.#slots = emptySlots(this.#slots.length * 2);
    for (const item of items) this.#slots[this.#slotOf(item.id)] = item;
  }
}

function emptySlots<T>(count: number): (T | undefined)[] {
  return Array.from({ length: count }, () => undefined);
}
