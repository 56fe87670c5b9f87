// A standing event stream to one client: the GET stream of a legacy session, or the one stream of HTTP+SSE.

import type { ServerResponse } from 'node:http';
import { encodeSse } from '@tutti/wire';
import type { Sink } from '../down/sink.ts';
import { EVENT_STREAM_HEADERS } from './http-reply.ts';

const COMMENT = Buffer.from(': keep-alive\n\n');

export class EventStream implements Sink {
  lastWriteMs: number;
  readonly #response: ServerResponse;
  readonly #maxUnreadBytes: number;
  readonly #nowMs: () => number;

  constructor(
    response: ServerResponse,
    options: { maxUnreadBytes: number; nowMs: () => number; over: (stream: EventStream) => void },
  ) {
    this.#response = response;
    this.#maxUnreadBytes = options.maxUnreadBytes;
    this.#nowMs = options.nowMs;
    this.lastWriteMs = options.nowMs();
    response.on('close', () => options.over(this));
    response.writeHead(200, EVENT_STREAM_HEADERS);
    response.flushHeaders();
  }

  send(message: Buffer): void {
    this.write(encodeSse(message));
  }

  write(bytes: Buffer): void {
    this.lastWriteMs = this.#nowMs();
    if (this.#response.destroyed) return;
    this.#response.write(bytes);
    // A client that does not read is cut off; it may come back and list again.
    if (this.#response.writableLength > this.#maxUnreadBytes) this.#response.destroy();
  }

  keepAlive(): void {
    this.write(COMMENT);
  }

  shutdown(): void {
    this.close();
  }

  close(): void {
    this.#response.end();
  }
}
