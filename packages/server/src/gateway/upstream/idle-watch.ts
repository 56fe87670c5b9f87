// Tells when the shared instance of a server that runs on demand has not been needed for long enough.

import type { Clock } from '../../kernel/clock.ts';
import type { IdleLimits } from '../../snapshot/types.ts';
import type { Instance } from './instance.ts';

/** How soon it is looked at again at the soonest, and how soon when it is in use. */
const MIN_LOOK_MS = 50;
const BUSY_LOOK_MS = 1_000;

export interface IdleWatchDeps {
  readonly clock: Clock;
  /** Undefined: it never is. */
  readonly limits: () => IdleLimits | undefined;
  /** Whether somebody listens to it without calling. */
  readonly isListenedTo: () => boolean;
  readonly idle: (instance: Instance, forMs: number) => void;
}

export class IdleWatch {
  readonly #deps: IdleWatchDeps;
  #timer: Disposable | undefined;

  constructor(deps: IdleWatchDeps) {
    this.#deps = deps;
  }

  /** Begins, or begins anew when the limits changed. */
  start(instance: Instance): void {
    this.stop();
    const limits = this.#deps.limits();
    if (limits === undefined || instance.state !== 'ready') return;
    const idleMs = instance.wasCalled ? limits.usedMs : limits.unusedMs;
    const leftMs = Math.max(instance.lastUsedMs + idleMs, instance.keepUntilMs) - this.#deps.clock.nowMs();
    const isBusy = instance.load > 0 || this.#deps.isListenedTo();
    if (leftMs <= 0 && !isBusy) return this.#deps.idle(instance, idleMs);
    const soonestMs = isBusy ? BUSY_LOOK_MS : MIN_LOOK_MS;
    // A first call may shorten the time that is left.
    const latestMs = instance.wasCalled ? leftMs : Math.min(leftMs, limits.usedMs);
    this.#timer = this.#deps.clock.after(Math.max(latestMs, soonestMs), () => this.start(instance));
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
