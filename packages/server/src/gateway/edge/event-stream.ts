// A standing event stream to one client: the GET stream of a legacy session, or the one stream of HTTP+SSE.

import type { ServerResponse } from 'node:http';
import { encodeSse } from '@tutti/wire';
import { NOWHERE } from '../../kernel/bag.ts';
import type { Sink } from '../down/sink.ts';
import type { OpenReplies } from './open-replies.ts';

export const EVENT_STREAM_HEADERS = [
  'content-type',
  'text/event-stream',
  'cache-control',
  'no-cache, no-transform',
  'x-accel-buffering',
  'no',
];

export const KEEP_ALIVE_COMMENT = Buffer.from(': keep-alive\n\n');

export class EventStream implements Sink {
  lastWriteMs: number;
  place = NOWHERE;
  readonly #response: ServerResponse;
  readonly #open: OpenReplies;
  #ended = false;

  /** `closed` is called when the stream is over, by whichever side. */
  constructor(response: ServerResponse, open: OpenReplies, closed: (stream: EventStream) => void) {
    this.#response = response;
    this.#open = open;
    this.lastWriteMs = open.nowMs();
    open.add(this);
    response.on('close', () => {
      open.delete(this);
      closed(this);
    });
    response.writeHead(200, EVENT_STREAM_HEADERS);
    response.flushHeaders();
    // What can be written, comments among it, starts the time anew.
    response.setTimeout(open.unreadTimeoutMs);
  }

  /** Nothing comes any more, though its client may not have read all of it. */
  get isOver(): boolean {
    return this.#ended;
  }

  send(message: Buffer): void {
    this.write(encodeSse(message));
  }

  write(bytes: Buffer): void {
    this.lastWriteMs = this.#open.nowMs();
    // What waits for its client to read it may still be there after the end.
    if (this.#ended || this.#response.destroyed) return;
    this.#response.write(bytes);
    // A client that does not read is cut off; it may come back and list again.
    if (this.#response.writableLength > this.#open.maxUnreadBytes) this.#response.destroy();
  }

  keepAlive(): void {
    this.write(KEEP_ALIVE_COMMENT);
  }

  shutdown(): void {
    this.close();
  }

  close(): void {
    this.#ended = true;
    this.#response.end();
  }
}
