// Waiting for something to become true of a thing that has a name. What is told is a hint; whoever waits looks again.

export interface News {
  /** Calls `look` now and whenever something is told of the key, until it answers something or the time is over
   *  (undefined then). Rejects with the signal's reason. */
  until<T>(key: string, look: () => Promise<T | undefined>, wait: Wait): Promise<T | undefined>;
  tell(key: string): void;
  /** Anything may have changed. */
  tellAll(): void;
}

export interface Wait {
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export function createNews(): News {
  const byKey = new Map<string, Set<() => void>>();

  function listen(key: string, listener: () => void): Disposable {
    const listeners = byKey.get(key) ?? new Set();
    byKey.set(key, listeners.add(listener));
    return {
      [Symbol.dispose]() {
        listeners.delete(listener);
        if (listeners.size === 0 && byKey.get(key) === listeners) byKey.delete(key);
      },
    };
  }

  return {
    async until(key, look, { waitMs, signal }) {
      signal.throwIfAborted();
      let wake = Promise.withResolvers<void>();
      using _listening = listen(key, () => wake.resolve());
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
    tell(key) {
      if (byKey.size === 0) return;
      for (const listener of byKey.get(key) ?? []) listener();
    },
    tellAll() {
      for (const listeners of byKey.values()) for (const listener of listeners) listener();
    },
  };
}
