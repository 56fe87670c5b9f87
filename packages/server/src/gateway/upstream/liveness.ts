// Finds out that a server no longer answers although its process or connection still stands. A message of any kind
// within the interval is proof enough; else it is asked. How many failures are too many is control's to say.

import type { Clock } from '../../kernel/clock.ts';
import type { Instance } from './instance.ts';

/** How long an answer to a liveness check may take, at most. */
const PING_TIMEOUT_MS = 10_000;

export interface LivenessListener {
  healthy(instance: Instance): void;
  unhealthy(instance: Instance, reason: string, failures: number): void;
}

export class Liveness {
  readonly #clock: Clock;
  readonly #intervalMs: () => number;
  readonly #listener: LivenessListener;
  #timer: Disposable | undefined;
  #failures = 0;

  constructor(clock: Clock, intervalMs: () => number, listener: LivenessListener) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#listener = listener;
  }

  start(instance: Instance): void {
    this.stop();
    this.#failures = 0;
    this.#schedule(instance);
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #schedule(instance: Instance): void {
    const intervalMs = this.#intervalMs();
    this.#timer = this.#clock.after(intervalMs, () => {
      this.#timer = undefined;
      this.#check(instance, intervalMs).catch(() => undefined);
    });
  }

  async #check(instance: Instance, intervalMs: number): Promise<void> {
    const silentMs = this.#clock.nowMs() - instance.lastHeardMs;
    const reason =
      silentMs < intervalMs ? undefined : await this.#ask(instance, Math.min(intervalMs, PING_TIMEOUT_MS));
    if (instance.state !== 'ready') return;
    if (reason === undefined) {
      this.#failures = 0;
      this.#listener.healthy(instance);
    } else {
      this.#failures++;
      this.#listener.unhealthy(instance, reason, this.#failures);
    }
    this.#schedule(instance);
  }

  /** Undefined when it answered, even with an error: then it is alive. */
  async #ask(instance: Instance, timeoutMs: number): Promise<string | undefined> {
    try {
      await instance.request(
        instance.handshake?.era === 'modern' ? 'server/discover' : 'ping',
        '{}',
        timeoutMs,
      );
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
