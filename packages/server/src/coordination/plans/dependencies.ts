// What of a set of tasks has to be done before what. Pure; tasks are numbers here, their places in the plan.

export interface Dependencies {
  /** Each cycle once, as the places that it goes through; empty when there is none. */
  readonly cycles: readonly (readonly number[])[];
  /** Whether one of the two has to be done before the other. Of no use with cycles. */
  isOrdered(a: number, b: number): boolean;
  /** The longest chain, as places from the first to the last. Empty with cycles. */
  readonly longestChain: readonly number[];
}

/** `before[i]`: what i needs. */
export function analyseDependencies(before: readonly (readonly number[])[]): Dependencies {
  const cycles = findCycles(before);
  if (cycles.length > 0) return { cycles, isOrdered: () => true, longestChain: [] };
  const order = inOrder(before);
  const ancestors = new Map<number, ReadonlySet<number>>();
  const chains = new Map<number, { readonly length: number; readonly after: number | undefined }>();
  for (const place of order) {
    const own = new Set<number>();
    let chain: { length: number; after: number | undefined } = { length: 1, after: undefined };
    for (const needed of before[place] ?? []) {
      own.add(needed);
      for (const earlier of ancestors.get(needed) ?? []) own.add(earlier);
      const length = (chains.get(needed)?.length ?? 0) + 1;
      if (length > chain.length) chain = { length, after: needed };
    }
    ancestors.set(place, own);
    chains.set(place, chain);
  }
  return {
    cycles,
    isOrdered: (a, b) => ancestors.get(a)?.has(b) === true || ancestors.get(b)?.has(a) === true,
    longestChain: longest(chains),
  };
}

function longest(
  chains: ReadonlyMap<number, { readonly length: number; readonly after: number | undefined }>,
): number[] {
  let last: number | undefined;
  for (const [place, { length }] of chains)
    if (last === undefined || length > (chains.get(last)?.length ?? 0)) last = place;
  const chain: number[] = [];
  for (let place = last; place !== undefined; place = chains.get(place)?.after) chain.unshift(place);
  return chain;
}

/** Each place after all that it needs. There are no cycles. */
function inOrder(before: readonly (readonly number[])[]): number[] {
  const order: number[] = [];
  walk(
    before,
    (place) => order.push(place),
    () => {},
  );
  return order;
}

function findCycles(before: readonly (readonly number[])[]): number[][] {
  const cycles: number[][] = [];
  walk(
    before,
    () => {},
    (cycle) => cycles.push(cycle),
  );
  return cycles;
}

/** Depth first, without recursion: a plan may be one long chain. */
function walk(
  before: readonly (readonly number[])[],
  done: (place: number) => void,
  cycle: (places: number[]) => void,
): void {
  const state = new Map<number, 'open' | 'done'>();
  for (const start of before.keys()) {
    if (state.has(start)) continue;
    const path = [{ place: start, next: 0 }];
    state.set(start, 'open');
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const needed = before[top.place]?.[top.next++];
      if (needed === undefined) {
        state.set(top.place, 'done');
        done(top.place);
        path.pop();
      } else if (state.get(needed) === 'open') {
        const from = path.findIndex(({ place }) => place === needed);
        cycle(path.slice(from).map(({ place }) => place));
      } else if (!state.has(needed)) {
        state.set(needed, 'open');
        path.push({ place: needed, next: 0 });
      }
    }
  }
}
