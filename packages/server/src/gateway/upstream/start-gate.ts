// Lets so many processes start at a time as there are cores: more at once take longer altogether, and starve the calls
// that are served meanwhile. A start that takes long gives its place away, so that a server that hangs delays nobody.

import type { Clock } from '../../kernel/clock.ts';

/** A start may keep the next one waiting for this long. */
export const MAX_HOLD_MS = 500;

export class StartGate {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(clock: Clock, width: number) {
    this.#clock = clock;
    this.#free = width;
  }

  /** Starts when it is its turn; resolves when the start has settled. */
  async pass(start: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    };
    using _timer = this.#clock.after(MAX_HOLD_MS, release);
    try {
      await start();
    } finally {
      release();
    }
  }
}
