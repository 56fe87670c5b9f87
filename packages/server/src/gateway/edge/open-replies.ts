// All responses that are open at the moment: counted against a limit, kept alive by comments, told of a shutdown.

import { Bag, type Placed } from '../../kernel/bag.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { GatewayLimits } from '../limits.ts';

interface OpenReply extends Placed {
  readonly lastWriteMs: number;
  keepAlive(): void;
  shutdown(): void;
}

export class OpenReplies implements Disposable {
  /** Bytes that a client may leave unread before it is cut off. */
  readonly maxUnreadBytes: number;
  /** How long it may leave them unread. */
  readonly unreadTimeoutMs: number;
  readonly #clock: Clock;
  readonly #keepAliveMs: number;
  readonly #replies = new Bag<OpenReply>();
  #timer: Disposable | undefined;

  constructor(
    clock: Clock,
    limits: Pick<GatewayLimits, 'keepAliveMs' | 'maxUnreadBytes' | 'unreadTimeoutMs'>,
  ) {
    this.#clock = clock;
    this.#keepAliveMs = limits.keepAliveMs;
    this.maxUnreadBytes = limits.maxUnreadBytes;
    this.unreadTimeoutMs = limits.unreadTimeoutMs;
  }

  get size(): number {
    return this.#replies.size;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  add(reply: OpenReply): void {
    this.#replies.add(reply);
    this.#timer ??= this.#clock.after(this.#keepAliveMs / 3, this.#sweep);
  }

  delete(reply: OpenReply): void {
    this.#replies.delete(reply);
  }

  shutdown(): void {
    for (const reply of this.#replies.all()) reply.shutdown();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  readonly #sweep = (): void => {
    const before = this.#clock.nowMs() - this.#keepAliveMs;
    for (const reply of this.#replies.all()) if (reply.lastWriteMs <= before) reply.keepAlive();
    this.#timer = this.#replies.size > 0 ? this.#clock.after(this.#keepAliveMs / 3, this.#sweep) : undefined;
  };
}
