// Many changes, one run: when all is quiet, but no later than a bound after the first change.

import type { Clock } from '../../kernel/clock.ts';

export interface Debounce extends Disposable {
  trigger(): void;
}

export function createDebounce(deps: {
  readonly clock: Clock;
  readonly quietMs: number;
  readonly maxWaitMs: number;
  readonly run: () => void;
}): Debounce {
  const { clock, quietMs, maxWaitMs, run } = deps;
  let firstAtMs: number | undefined;
  let timer: Disposable | undefined;
  return {
    trigger() {
      const nowMs = clock.nowMs();
      firstAtMs ??= nowMs;
      timer?.[Symbol.dispose]();
      timer = clock.after(Math.max(0, Math.min(quietMs, firstAtMs + maxWaitMs - nowMs)), () => {
        firstAtMs = undefined;
        timer = undefined;
        run();
      });
    },
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]();
    },
  };
}
