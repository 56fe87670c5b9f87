// A collection without an order, for things that come and go with every call. A Set would do but for the garbage
// collector: a Set in which entries come and go gets a new table again and again, each table points to the next one, and
// as soon as one of them is old, all later ones outlive their use, with all that was in them at the time.

export interface Placed {
  /** Where it lies in its bag: the bag's business. `NOWHERE` outside. */
  place: number;
}

export const NOWHERE = -1;

/** A thing may be in one bag at a time for each `place` that it has. */
export class Bag<T extends Placed> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    if (item.place !== NOWHERE) return;
    item.place = this.#items.length;
    this.#items.push(item);
  }

  /** Whether it was in here. */
  delete(item: T): boolean {
    const { place } = item;
    if (place === NOWHERE) return false;
    item.place = NOWHERE;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      last.place = place;
      this.#items[place] = last;
    }
    return true;
  }

  find(matches: (item: T) => boolean): T | undefined {
    return this.#items.find(matches);
  }

  /** Empties it and returns what was in it. */
  takeAll(): T[] {
    const all = this.#items.splice(0);
    for (const item of all) item.place = NOWHERE;
    return all;
  }

  /** As they are now: what comes and goes on the way changes nothing. */
  all(): readonly T[] {
    return [...this.#items];
  }
}
