// Events of which there may be a hundred thousand at once: the first of a reason are told one by one, the rest of a while
// together, so that they push nothing else out of what is kept.

import type { Clock } from '../../../kernel/clock.ts';
import type { EventLog } from '../../../resources/events/event-log.ts';
import type { EventReason } from '../../../resources/events/reasons.ts';

/** Events of one reason that are told one by one within a window. */
export const MAX_TOLD = 20;
export const WINDOW_MS = 60_000;

export interface EventThrottle extends Disposable {
  add(name: string, reason: EventReason, message: string): void;
}

interface Window {
  told: number;
  more: number;
  last: { readonly name: string; readonly message: string };
  readonly timer: Disposable;
}

export interface EventThrottleDeps {
  readonly clock: Clock;
  readonly add: EventLog['add'];
}

export function createEventThrottle({ clock, add }: EventThrottleDeps): EventThrottle {
  const windows = new Map<EventReason, Window>();

  function close(reason: EventReason): void {
    const window = windows.get(reason);
    if (window === undefined) return;
    windows.delete(reason);
    window.timer[Symbol.dispose]();
    const { more, last } = window;
    if (more === 1) add(last.name, reason, last.message);
    else if (more > 1)
      add(
        last.name,
        reason,
        `${last.message} (and ${more - 1} more of this kind within ${WINDOW_MS / 1_000} s)`,
      );
  }

  return {
    add(name, reason, message) {
      const window = windows.get(reason) ?? {
        told: 0,
        more: 0,
        last: { name, message },
        timer: clock.after(WINDOW_MS, () => close(reason)),
      };
      windows.set(reason, window);
      if (window.told < MAX_TOLD) {
        window.told += 1;
        add(name, reason, message);
      } else {
        window.more += 1;
        window.last = { name, message };
      }
    },
    [Symbol.dispose]() {
      for (const reason of windows.keys()) close(reason);
    },
  };
}
