// Ids that the store was asked for and did not know a moment ago, so that calls with an id that nobody has cost one look
// and not one each. Bounded; the oldest go first.

import type { Clock } from '../../kernel/clock.ts';

/** How long such an answer holds. */
export const STRANGER_MS = 1_000;
/** Ids that are remembered. */
export const MAX_STRANGERS = 1_000;

export interface Strangers {
  /** Looks with `look`, once for all who ask meanwhile, unless it is known that there is nothing to see. */
  unlessStrange(id: string, look: () => Promise<boolean>): Promise<void>;
}

export function createStrangers(clock: Pick<Clock, 'nowMs'>): Strangers {
  const untilMs = new Map<string, number>();
  const looking = new Map<string, Promise<void>>();

  async function lookFor(id: string, look: () => Promise<boolean>): Promise<void> {
    try {
      if (await look()) return;
      const [oldest] = untilMs.keys();
      if (untilMs.size >= MAX_STRANGERS && oldest !== undefined) untilMs.delete(oldest);
      untilMs.set(id, clock.nowMs() + STRANGER_MS);
    } finally {
      looking.delete(id);
    }
  }

  return {
    async unlessStrange(id, look) {
      const strangeUntilMs = untilMs.get(id);
      if (strangeUntilMs !== undefined) {
        if (clock.nowMs() < strangeUntilMs) return;
        untilMs.delete(id);
      }
      let looked = looking.get(id);
      if (looked === undefined) {
        looked = lookFor(id, look);
        looking.set(id, looked);
      }
      await looked;
    },
  };
}
