// Waiting for something to become true of a task. What is told is a hint; the store is looked at again.

import type { Ledger } from './ledger.ts';

export interface TaskNews extends Disposable {
  /** Calls `look` now and after each change of the task, until it answers something or the time is over (undefined then).
   *  Rejects with the signal's reason. */
  until<T>(taskId: string, look: () => Promise<T | undefined>, wait: Wait): Promise<T | undefined>;
  /** Others may have changed anything. */
  lookAgain(): void;
}

export interface Wait {
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export function createTaskNews(ledger: Ledger): TaskNews {
  const byTask = new Map<string, Set<() => void>>();

  const listening = ledger.subscribe(({ transitions }) => {
    if (byTask.size === 0) return;
    for (const { after } of transitions) for (const listener of byTask.get(after.id) ?? []) listener();
  });

  function listen(taskId: string, listener: () => void): Disposable {
    const listeners = byTask.get(taskId) ?? new Set();
    byTask.set(taskId, listeners.add(listener));
    return {
      [Symbol.dispose]() {
        listeners.delete(listener);
        if (listeners.size === 0 && byTask.get(taskId) === listeners) byTask.delete(taskId);
      },
    };
  }

  return {
    async until(taskId, look, { waitMs, signal }) {
      signal.throwIfAborted();
      let wake = Promise.withResolvers<void>();
      using _listening = listen(taskId, () => wake.resolve());
      const over = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
      const stop = (): void => wake.resolve();
      over.addEventListener('abort', stop, { once: true });
      try {
        for (;;) {
          const found = await look();
          signal.throwIfAborted();
          if (found !== undefined || over.aborted) return found;
          await wake.promise;
          wake = Promise.withResolvers();
        }
      } finally {
        over.removeEventListener('abort', stop);
      }
    },
    lookAgain() {
      for (const listeners of byTask.values()) for (const listener of listeners) listener();
    },
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}
