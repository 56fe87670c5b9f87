// The HTTP response to one POST: JSON when the answer is all there is, else an event stream that is started by the first
// message before it, or by silence that a proxy might take for death.

import type { ServerResponse } from 'node:http';
import { encodeSse } from '@tutti/wire';
import { NOWHERE } from '../../kernel/bag.ts';
import { type ResponseBytes, type StatusSink, toBuffer, type Waiter } from '../down/sink.ts';
import { EVENT_STREAM_HEADERS, KEEP_ALIVE_COMMENT } from './event-stream.ts';
import type { Challenge } from '../protocol/rpc.ts';
import type { OpenReplies } from './open-replies.ts';
import { challengeHeaders } from './respond.ts';
import { httpStatusOf } from './status.ts';

export interface HttpReplyOptions {
  /** Whether the client reads event streams; if not, all but the answer is dropped. */
  readonly acceptsEvents: boolean;
  /** Whether errors have HTTP statuses of their own (modern era). */
  readonly statusOfErrors: boolean;
  /** Whether the endpoint is one server's, so that what that asks for can be asked of its client. */
  readonly passesChallenges: boolean;
}

export class HttpReply implements StatusSink {
  lastWriteMs: number;
  place = NOWHERE;
  waiter: Waiter | undefined;
  readonly #response: ServerResponse;
  readonly #open: OpenReplies;
  readonly #options: HttpReplyOptions;
  #streaming = false;
  #ended = false;
  #onClosed: (() => void) | undefined;
  #onShutdown: (() => void) | undefined;

  constructor(response: ServerResponse, open: OpenReplies, options: HttpReplyOptions) {
    this.#response = response;
    this.#open = open;
    this.#options = options;
    this.lastWriteMs = open.nowMs();
    if (response.destroyed) {
      this.#ended = true;
      return;
    }
    open.add(this);
    response.on('close', () => this.#closed());
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

  end(response: ResponseBytes | undefined, errorCode?: number, challenge?: Challenge): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#streaming) {
      this.#response.end(response === undefined ? undefined : encodeSse(toBuffer(response)));
    } else if (response === undefined) {
      this.#response.writeHead(202, ['content-length', '0']);
      this.#response.end();
    } else {
      const status = this.#options.statusOfErrors ? httpStatusOf(errorCode) : 200;
      const head = ['content-type', 'application/json', 'content-length', String(response.length)];
      if (challenge === undefined || !this.#options.passesChallenges) this.#response.writeHead(status, head);
      else this.#response.writeHead(401, [...head, ...challengeHeaders(challenge)]);
      this.#response.end(response, 'latin1');
    }
    // Most answers are with the system by now.
    if (this.#response.writableLength > 0) this.#response.setTimeout(this.#open.unreadTimeoutMs);
  }

  keepAlive(): void {
    if (this.#ended || !this.#options.acceptsEvents) return;
    this.#startStream();
    this.#write(KEEP_ALIVE_COMMENT);
  }

  /** Lets an open stream say goodbye; a request under way is left to its exchange. */
  shutdown(): void {
    this.#onShutdown?.();
  }

  #closed(): void {
    this.#open.delete(this);
    if (!this.#ended) this.waiter?.clientGone();
    // After the end the client's side closes too, which is no news, except to those who hold something for the stream.
    this.#ended = true;
    this.#onClosed?.();
  }

  #startStream(): void {
    if (this.#streaming) return;
    this.#streaming = true;
    this.#response.writeHead(200, EVENT_STREAM_HEADERS);
    this.#response.setTimeout(this.#open.unreadTimeoutMs);
  }

  #write(bytes: Buffer): void {
    this.lastWriteMs = this.#open.nowMs();
    this.#response.write(bytes);
    if (this.#response.writableLength > this.#open.maxUnreadBytes) this.#response.destroy();
  }
}
