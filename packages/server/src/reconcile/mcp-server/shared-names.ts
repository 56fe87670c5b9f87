// The names of all holders, servers and families, of all hosts that share a store. What is missing is given in one step
// with the store, so that the first holder keeps its name wherever it is. Where that can't be waited for, or the store
// fails, a name is given provisionally: it is used until the store has decided, and `renamed` tells when that came to
// something else.

import type { Clock } from '../../kernel/clock.ts';
import { createNameBook, isSameNames, type ListedNames, type ServerNames } from '../../snapshot/names.ts';
import type { GivenNames, NameStore } from './catalog-store.ts';

/** When the store is asked again after it failed. */
export const RETRY_MS = 30_000;

export interface SharedNames extends Disposable {
  /** Undefined when something has no name yet. */
  known(holder: string, prefix: string, listed: ListedNames): ServerNames | undefined;
  give(holder: string, prefix: string, listed: ListedNames): Promise<ServerNames>;
  /** Provisionally, until the store has decided. */
  giveNow(holder: string, prefix: string, listed: ListedNames): ServerNames;
  /** False when another host has the holder, and the names are kept. */
  drop(holder: string): Promise<boolean>;
  /** What is in the store, as far as it is known here. */
  committed(): ReadonlyMap<string, ServerNames>;
  /** Resolves when the store has decided all that was given so far, or could not. */
  settled(): Promise<void>;
}

export interface SharedNamesDeps {
  readonly store: NameStore;
  readonly clock: Pick<Clock, 'after'>;
  readonly warn: (message: string) => void;
  /** The holder has other names than those it was given provisionally. */
  readonly renamed: (holder: string) => void;
}

interface Provisional {
  readonly prefix: string;
  readonly listed: ListedNames;
  /** Undefined: nobody has seen them. */
  readonly shown: ServerNames | undefined;
}

export async function openSharedNames({
  store,
  clock,
  warn,
  renamed,
}: SharedNamesDeps): Promise<SharedNames> {
  const book = createNameBook();
  const committed = new Map<string, ServerNames>();
  const provisional = new Map<string, Provisional>();
  let deciding: Promise<void> = Promise.resolve();
  let retry: Disposable | undefined;
  try {
    take({ changed: await store.load(), isAll: true });
  } catch (error) {
    warn(`cannot read the names that were given: ${messageOf(error)}`);
  }

  /** What is committed goes before what is not. */
  function take({ changed, isAll }: GivenNames): void {
    for (const holder of provisional.keys()) book.release(holder);
    if (isAll) {
      for (const holder of committed.keys()) book.release(holder);
      committed.clear();
    }
    for (const holder of changed.keys()) book.release(holder);
    for (const [holder, names] of changed) committed.set(holder, names);
    for (const holder of new Set([...changed.keys(), ...provisional.keys()])) {
      const names = committed.get(holder);
      if (names !== undefined) book.restore(holder, names);
    }
  }

  async function decide(holder: string, wanted: Provisional): Promise<ServerNames> {
    provisional.set(holder, wanted);
    const { prefix, listed, shown } = wanted;
    try {
      const names = await store.give(holder, (given) => {
        take(given);
        return book.allocate(holder, prefix, listed);
      });
      committed.set(holder, names);
      if (provisional.get(holder) === wanted) provisional.delete(holder);
      if (shown !== undefined && !isSameNames(shown, names)) renamed(holder);
      return names;
    } catch (error) {
      warn(`cannot keep the names of ${holder}, which may be given to another one: ${messageOf(error)}`);
      const names = book.allocate(holder, prefix, listed);
      if (provisional.get(holder) === wanted) provisional.set(holder, { ...wanted, shown: names });
      retry ??= clock.after(RETRY_MS, decideAll);
      return names;
    }
  }

  function decideLater(holder: string, wanted: Provisional): void {
    deciding = deciding.then(async () => {
      // Something newer was asked for since, or it is decided.
      if (provisional.get(holder) === wanted) await decide(holder, wanted);
    });
  }

  function decideAll(): void {
    retry = undefined;
    for (const [holder, wanted] of provisional) decideLater(holder, wanted);
  }

  const known: SharedNames['known'] = (holder, prefix, listed) =>
    !provisional.has(holder) && book.covers(holder, prefix, listed)
      ? book.allocate(holder, prefix, listed)
      : undefined;

  return {
    known,
    give: (holder, prefix, listed) => decide(holder, { prefix, listed, shown: undefined }),
    giveNow(holder, prefix, listed) {
      const given = known(holder, prefix, listed);
      if (given !== undefined) return given;
      const names = book.allocate(holder, prefix, listed);
      const wanted = { prefix, listed, shown: names };
      provisional.set(holder, wanted);
      decideLater(holder, wanted);
      return names;
    },
    async drop(holder) {
      if (!(await store.drop(holder))) return false;
      provisional.delete(holder);
      committed.delete(holder);
      book.release(holder);
      return true;
    },
    committed: () => committed,
    settled: () => deciding,
    [Symbol.dispose]() {
      retry?.[Symbol.dispose]();
    },
  };
}

/** Names that are kept nowhere, for trying things out. */
export function createPassingNames(initial: ReadonlyMap<string, ServerNames>): NameStore {
  return {
    load: async () => initial,
    give: async (_holder, choose) => choose({ changed: new Map(), isAll: false }),
    drop: async () => true,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
