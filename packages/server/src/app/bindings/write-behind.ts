// Rows that are written behind, several at a time: nobody waits for it, and what came in the last moment before a kill is
// not written. A store that fails costs that, and nothing else: what it can't take now is tried again.

import { backoffDelayMs, type BackoffPolicy } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';

/** How long a change may be in memory alone. */
export const FLUSH_MS = 100;
/** Rows that are written at once. */
const BATCH = 100;
const RETRY: BackoffPolicy = { initialMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0.2 };

export interface WriteBehindDeps<Row> {
  /** For people: what cannot be written. */
  readonly what: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Writes the rows and deletes those with the keys, in one transaction. */
  write(rows: readonly Row[], gone: readonly string[]): Promise<void>;
  readonly warn: (message: string, cause?: unknown) => void;
}

export interface WriteBehind<Row> extends AsyncDisposable {
  /** Undefined: the row goes. */
  put(key: string, row: Row | undefined): void;
  /** Resolves when all that was put is written, or could not be. */
  flush(): Promise<void>;
}

export function createWriteBehind<Row>(deps: WriteBehindDeps<Row>): WriteBehind<Row> {
  const { clock, random, warn } = deps;
  /** By key, each once, so that whatever bounds the keys bounds it. */
  let unwritten = new Map<string, Row | undefined>();
  let timer: Disposable | undefined;
  let writing: Promise<void> | undefined;
  let failures = 0;

  function schedule(delayMs: number): void {
    timer ??= clock.after(delayMs, () => {
      timer = undefined;
      void flush();
    });
  }

  function flush(): Promise<void> {
    writing ??= writeAll().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  async function writeAll(): Promise<void> {
    try {
      while (unwritten.size > 0) await writeBatch([...unwritten].slice(0, BATCH));
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === 1) warn(`cannot write ${deps.what} to the store; they are tried again`, error);
      timer?.[Symbol.dispose]();
      timer = undefined;
      schedule(backoffDelayMs(RETRY, failures, random()));
    }
  }

  async function writeBatch(changes: readonly (readonly [string, Row | undefined])[]): Promise<void> {
    const rows = changes.flatMap(([, row]) => (row === undefined ? [] : [row]));
    const gone = changes.flatMap(([key, row]) => (row === undefined ? [key] : []));
    await deps.write(rows, gone);
    // What changed meanwhile is written next time.
    const written = new Map(changes);
    unwritten = new Map([...unwritten].filter(([key, row]) => !written.has(key) || written.get(key) !== row));
  }

  return {
    put(key, row) {
      unwritten.set(key, row);
      // After a failure the next try has its time already.
      if (failures === 0) schedule(FLUSH_MS);
    },
    flush,
    async [Symbol.asyncDispose]() {
      // What came while a batch was on its way is written too; after a failure nothing is tried again.
      await flush();
      if (failures === 0) await flush();
      timer?.[Symbol.dispose]();
    },
  };
}
