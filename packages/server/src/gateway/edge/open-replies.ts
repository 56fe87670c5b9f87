// All responses that are open at the moment: counted against a limit, kept alive by comments, told of a shutdown. Bodies
// that are still coming in count, too. Streams that stay open until somebody closes them may take a share only, so that
// there is always room for calls.

import { Bag, type Placed } from '../../kernel/bag.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type GatewayLimits, STANDING_SHARE } from '../limits.ts';
import type { Uploads } from './body.ts';

interface OpenReply extends Placed {
  readonly lastWriteMs: number;
  keepAlive(): void;
  shutdown(): void;
}

export class OpenReplies implements Disposable, Uploads {
  /** Bytes that a client may leave unread before it is cut off. */
  readonly maxUnreadBytes: number;
  /** How long it may leave them unread. */
  readonly unreadTimeoutMs: number;
  readonly #clock: Clock;
  readonly #keepAliveMs: number;
  readonly #maxStanding: number;
  readonly #replies = new Bag<OpenReply>();
  readonly #standing = new Set<object>();
  #uploads = 0;
  #timer: Disposable | undefined;

  constructor(
    clock: Clock,
    limits: Pick<GatewayLimits, 'keepAliveMs' | 'maxUnreadBytes' | 'unreadTimeoutMs' | 'maxStreams'>,
  ) {
    this.#clock = clock;
    this.#keepAliveMs = limits.keepAliveMs;
    this.maxUnreadBytes = limits.maxUnreadBytes;
    this.unreadTimeoutMs = limits.unreadTimeoutMs;
    this.#maxStanding = Math.max(1, Math.floor(limits.maxStreams * STANDING_SHARE));
  }

  get size(): number {
    return this.#replies.size + this.#uploads;
  }

  /** Why there can be no standing stream more; undefined: there can. */
  get standingRefusal(): string | undefined {
    if (this.#standing.size < this.#maxStanding) return undefined;
    return `There are ${this.#maxStanding} standing streams, which is the limit; close one or try again later.`;
  }

  /** Counts an open response among the standing streams, until it is deleted. */
  stand(reply: object): void {
    this.#standing.add(reply);
  }

  uploadBegan(): void {
    this.#uploads++;
  }

  uploadEnded(): void {
    this.#uploads--;
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
    if (this.#standing.size > 0) this.#standing.delete(reply);
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
