// Tells listeners that anything may have changed: what comes within a moment is told together, and they look at everything.

import type { Clock } from '../kernel/clock.ts';

/** Changes within this time are told together. */
const CHANGES_TOLD_MS = 50;

export interface ChangeNews extends Disposable {
  readonly changed: () => void;
  listen(listener: () => void): Disposable;
}

export function createChangeNews(clock: Pick<Clock, 'after'>): ChangeNews {
  const listeners = new Set<() => void>();
  let told: Disposable | undefined;
  return {
    changed() {
      told ??= clock.after(CHANGES_TOLD_MS, () => {
        told = undefined;
        for (const listener of listeners) listener();
      });
    },
    listen(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    [Symbol.dispose]: () => told?.[Symbol.dispose](),
  };
}
