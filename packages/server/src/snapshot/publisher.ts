// Holds the snapshot in force and tells of each change, in order. A change made by a listener is told after the one at
// hand; a listener that throws harms neither the change nor the other listeners.

import { EMPTY_SNAPSHOT } from './builder.ts';
import type { Snapshots } from './observation.ts';
import type { Snapshot } from './types.ts';

export interface SnapshotPublisher extends Snapshots {
  /** Puts the outcome of `change` in force; the same snapshot is no change. */
  update(change: (current: Snapshot) => Snapshot): void;
}

type Listener = (next: Snapshot, previous: Snapshot) => void;

export function createSnapshotPublisher(deps: {
  readonly listenerFailed: (error: unknown) => void;
  /** Adds what follows from the servers. */
  readonly complete?: (next: Snapshot, previous: Snapshot) => Snapshot;
  /** What is in force at first. */
  readonly initial?: Snapshot;
}): SnapshotPublisher {
  const listeners = new Set<Listener>();
  const changes: { readonly next: Snapshot; readonly previous: Snapshot }[] = [];
  let current = deps.initial ?? EMPTY_SNAPSHOT;
  let telling = false;

  function tell(): void {
    if (telling) return;
    telling = true;
    for (let change = changes.shift(); change !== undefined; change = changes.shift()) {
      for (const listener of listeners) {
        try {
          listener(change.next, change.previous);
        } catch (error) {
          deps.listenerFailed(error);
        }
      }
    }
    telling = false;
  }

  return {
    current: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    update(change) {
      const previous = current;
      const changed = change(previous);
      if (changed === previous) return;
      const next = deps.complete?.(changed, previous) ?? changed;
      current = next;
      changes.push({ next, previous });
      tell();
    },
  };
}
