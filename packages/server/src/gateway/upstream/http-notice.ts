// A message that wants no answer: a notification or a response. The status is all that comes back.

import { NOWHERE } from '../../kernel/bag.ts';
import type { Due } from './deadlines.ts';
import { refusesSession, type HttpContext } from './http-context.ts';
import type { BodyMode, ExchangeListener, HttpExchange, ResponseHeaders } from './http-exchange.ts';
import type { RequestFailure } from './link.ts';

/** How long a server may take to say that it took a message. */
const NOTICE_TIMEOUT_MS = 5_000;

export class HttpNotice implements ExchangeListener, Due {
  readonly deadlineMs: number;
  place = NOWHERE;
  readonly #context: HttpContext;
  readonly #exchange: HttpExchange;
  readonly #done: (notice: HttpNotice) => void;
  #status = 0;

  constructor(
    context: HttpContext,
    method: string | undefined,
    bytes: Buffer,
    done: (notice: HttpNotice) => void,
  ) {
    this.deadlineMs = context.clock.nowMs() + NOTICE_TIMEOUT_MS;
    this.#context = context;
    this.#exchange = context.exchange('POST', context.headers.forMessage(method), bytes, this);
    this.#done = done;
  }

  send(): void {
    this.#exchange.send();
  }

  abort(): void {
    this.#exchange.abort();
    this.#done(this);
  }

  started(status: number, _headers: ResponseHeaders): BodyMode {
    this.#status = status;
    return status < 300 ? 'none' : 'excerpt';
  }

  ended(body: Buffer): void {
    this.#done(this);
    if (this.#status < 300) return;
    if (this.#context.headers.sessionId !== undefined && refusesSession(this.#status, body)) {
      this.#context.sessionLost(`The server no longer knows the session (status ${this.#status}).`);
    } else {
      this.#context.stray(`The server refused a message with status ${this.#status}.`);
    }
  }

  failed(failure: RequestFailure): void {
    this.#done(this);
    if (failure.kind !== 'http') this.#context.stray(`A message did not reach the server: ${failure.reason}`);
  }

  event(): void {}
  oversized(): void {}
  retry(): void {}
}
