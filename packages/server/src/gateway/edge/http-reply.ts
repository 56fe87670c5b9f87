// The HTTP response to one POST: JSON when the answer is all there is, else an event stream that is started by the first
// message before it, or by silence that a proxy might take for death.

import type { ServerResponse } from 'node:http';
import { encodeSse } from '@tutti/wire';
import type { StatusSink } from '../down/sink.ts';
import { httpStatusOf } from './status.ts';

export const EVENT_STREAM_HEADERS = [
  'content-type',
  'text/event-stream',
  'cache-control',
  'no-cache, no-transform',
  'x-accel-buffering',
  'no',
];

const COMMENT = Buffer.from(': keep-alive\n\n');

export interface HttpReplyOptions {
  readonly response: ServerResponse;
  /** Whether the client reads event streams; if not, all but the answer is dropped. */
  readonly acceptsEvents: boolean;
  readonly maxUnreadBytes: number;
  /** More headers of the response. */
  readonly headers: readonly string[];
  /** Whether errors have HTTP statuses of their own (modern era). */
  readonly statusOfErrors: boolean;
  /** The response is over, by either side. */
  over(reply: HttpReply): void;
  nowMs(): number;
}

export class HttpReply implements StatusSink {
  lastWriteMs: number;
  readonly #options: HttpReplyOptions;
  readonly #response: ServerResponse;
  #streaming = false;
  #ended = false;
  #onClosed: (() => void) | undefined;
  #onShutdown: (() => void) | undefined;

  constructor(options: HttpReplyOptions) {
    this.#options = options;
    this.#response = options.response;
    this.lastWriteMs = options.nowMs();
    this.#response.on('close', () => {
      options.over(this);
      this.#ended = true;
      this.#onClosed?.();
    });
  }

  onClosed(act: () => void): void {
    if (this.#response.destroyed) act();
    else this.#onClosed = act;
  }

  onShutdown(act: () => void): void {
    this.#onShutdown = act;
  }

  send(message: Buffer): void {
    if (this.#ended || !this.#options.acceptsEvents) return;
    this.#startStream();
    this.#write(encodeSse(message));
  }

  end(response: Buffer | undefined, errorCode?: number): void {
    if (this.#ended) return;
    this.#ended = true;
    // The client's side of the stream closes after this, which is nothing to react to.
    this.#onClosed = undefined;
    if (this.#streaming) {
      this.#response.end(response === undefined ? undefined : encodeSse(response));
    } else if (response === undefined) {
      this.#response.writeHead(202, [...this.#options.headers]);
      this.#response.end();
    } else {
      const status = this.#options.statusOfErrors ? httpStatusOf(errorCode) : 200;
      this.#response.writeHead(status, [
        'content-type',
        'application/json',
        'content-length',
        String(response.length),
        ...this.#options.headers,
      ]);
      this.#response.end(response);
    }
  }

  keepAlive(): void {
    if (this.#ended || !this.#options.acceptsEvents) return;
    this.#startStream();
    this.#write(COMMENT);
  }

  /** Lets an open stream say goodbye; a request under way is left to its exchange. */
  shutdown(): void {
    this.#onShutdown?.();
  }

  #startStream(): void {
    if (this.#streaming) return;
    this.#streaming = true;
    this.#response.writeHead(200, [...EVENT_STREAM_HEADERS, ...this.#options.headers]);
  }

  #write(bytes: Buffer): void {
    this.lastWriteMs = this.#options.nowMs();
    this.#response.write(bytes);
    if (this.#response.writableLength > this.#options.maxUnreadBytes) this.#response.destroy();
  }
}
