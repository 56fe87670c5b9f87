// A circuit breaker: a server that runs but leaves calls unanswered is left alone for a while, and callers are told so at
// once instead of each waiting for a deadline. Then one call at a time goes through to try. Does nothing by itself.

import type { OpenCircuit } from '../ports.ts';

/** Calls in a row without an answer that open it. */
export const MAX_UNANSWERED = 5;
/** How long it stays open at first; twice as long each time, up to the most. */
export const FIRST_OPEN_MS = 5_000;
export const MAX_OPEN_MS = 60_000;

export class Breaker {
  readonly #changed: (open: OpenCircuit | undefined) => void;
  #unanswered = 0;
  #openMs = 0;
  #isTrying = false;
  #open: OpenCircuit | undefined;

  /** `changed` is called when it opens, opens for longer, and closes. */
  constructor(changed: (open: OpenCircuit | undefined) => void) {
    this.#changed = changed;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** What keeps a call from being sent now; undefined: it goes. */
  refuses(nowMs: number): OpenCircuit | undefined {
    const open = this.#open;
    if (open === undefined || nowMs < open.retryAtMs) return open;
    this.#isTrying = true;
    // This call tries; if nothing comes of it, not even a failure, the next one may after the same time.
    this.#open = { ...open, retryAtMs: nowMs + this.#openMs };
    return undefined;
  }

  /** The server answered a call, with whatever. */
  answered(): void {
    this.#unanswered = 0;
    if (this.#open !== undefined) this.reset();
  }

  unanswered(reason: string, nowMs: number): void {
    this.#unanswered += 1;
    // Those that were under way when it opened are no news.
    const isNews = this.#open === undefined ? this.#unanswered >= MAX_UNANSWERED : this.#isTrying;
    if (!isNews) return;
    this.#isTrying = false;
    this.#openMs = this.#openMs === 0 ? FIRST_OPEN_MS : Math.min(MAX_OPEN_MS, this.#openMs * 2);
    this.#open = { unanswered: this.#unanswered, reason, retryAtMs: nowMs + this.#openMs };
    this.#changed(this.#open);
  }

  /** The server is another one, or well again. */
  reset(): void {
    const wasOpen = this.#open !== undefined;
    this.#unanswered = 0;
    this.#openMs = 0;
    this.#isTrying = false;
    this.#open = undefined;
    if (wasOpen) this.#changed(undefined);
  }
}
