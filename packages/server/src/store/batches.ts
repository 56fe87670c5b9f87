// Work that goes into one transaction together: what is handed in while a transaction is under way goes into the next one,
// so that a commit serves many, and nobody waits for more to come. One that is refused costs the others nothing.

import { AppError } from '../kernel/errors.ts';
import { StoreError } from './store-error.ts';

/** How often a batch is tried that lost against other writers. */
const MAX_TRIES = 5;

export type Verdict<Answer> =
  | { readonly kind: 'done'; readonly answer: Answer }
  | { readonly kind: 'refused'; readonly error: unknown };

export interface Batches<Item, Answer> extends AsyncDisposable {
  /** Done when it resolves. After `outcome_unknown` it may be done or not; after any other error nothing of it is. */
  submit(item: Item): Promise<Answer>;
}

export interface BatchesDeps<Item, Answer> {
  /** Items that one transaction takes. */
  readonly maxBatch: number;
  /** Items that wait for a transaction; one more is refused. */
  readonly maxWaiting: number;
  /** What they are called where they are refused. */
  readonly what: string;
  /** Items of the same key go into transactions of their own, in order. Left out: nothing keeps them apart. */
  readonly keyOf?: ((item: Item) => string) | undefined;
  /** One transaction, and what follows in memory: an answer for each, in their order. */
  readonly run: (items: readonly Item[]) => Promise<readonly Verdict<Answer>[]>;
  readonly batchTaken?: ((items: number) => void) | undefined;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

export function createBatches<Item, Answer>(deps: BatchesDeps<Item, Answer>): Batches<Item, Answer> {
  const { maxBatch, maxWaiting, what, keyOf, run, batchTaken } = deps;
  let waiting: Waiting<Item, Answer>[] = [];
  let running: Promise<void> | undefined;
  let closed = false;

  async function runAll(): Promise<void> {
    // All that is handed in within one turn is seen together.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = takeBatch();
      batchTaken?.(batch.length);
      await runBatch(batch, 1);
    }
    running = undefined;
  }

  function takeBatch(): readonly Waiting<Item, Answer>[] {
    if (keyOf === undefined) {
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      return batch;
    }
    const keys = new Set<string>();
    const batch: Waiting<Item, Answer>[] = [];
    const later: Waiting<Item, Answer>[] = [];
    for (const one of waiting) {
      const key = keyOf(one.item);
      if (batch.length === maxBatch || keys.has(key)) later.push(one);
      else batch.push(one);
      keys.add(key);
    }
    waiting = later;
    return batch;
  }

  async function runBatch(batch: readonly Waiting<Item, Answer>[], attempt: number): Promise<void> {
    let verdicts: readonly Verdict<Answer>[];
    try {
      verdicts = await run(batch.map(({ item }) => item));
    } catch (error) {
      return await failBatch(batch, attempt, error);
    }
    batch.forEach(({ resolve, reject }, index) => {
      const verdict = verdicts[index];
      if (verdict?.kind === 'done') resolve(verdict.answer);
      else reject(verdict?.error ?? new Error('a batch answered fewer items than it had'));
    });
  }

  async function failBatch(
    batch: readonly Waiting<Item, Answer>[],
    attempt: number,
    error: unknown,
  ): Promise<void> {
    const failure = error instanceof StoreError ? error.failure : undefined;
    if (failure === 'contention' && attempt < MAX_TRIES) return await runBatch(batch, attempt + 1);
    // Somebody wrote the same row meanwhile: the next look sees it.
    if (failure === 'unique_violation' && batch.length === 1 && attempt === 1)
      return await runBatch(batch, attempt + 1);
    // One row of it can't be written: the others can.
    const isOnesFault = failure === 'unique_violation' || failure === 'invalid_statement';
    if (isOnesFault && batch.length > 1) {
      for (const one of batch) await runBatch([one], 1);
      return;
    }
    for (const { reject } of batch) reject(error);
  }

  return {
    submit(item) {
      if (closed) return Promise.reject(new AppError('unavailable', 'Tutti is stopping; try again later.'));
      if (waiting.length >= maxWaiting)
        return Promise.reject(
          new AppError('overloaded', `${maxWaiting} ${what} wait already; try again later.`),
        );
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      waiting.push({ item, resolve, reject });
      running ??= runAll();
      return promise;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await running;
    },
  };
}
