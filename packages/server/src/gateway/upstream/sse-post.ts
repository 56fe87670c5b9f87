// A request that is posted to an HTTP+SSE server: its answer comes on the event stream, only a refusal comes back here.

import { refusal, type HttpContext } from './http-context.ts';
import {
  headerOf,
  type BodyMode,
  type ExchangeListener,
  type HttpExchange,
  type ResponseHeaders,
} from './http-exchange.ts';
import type { OutgoingRequest, RequestFailure } from './link.ts';

export class SsePost implements ExchangeListener {
  readonly #exchange: HttpExchange;
  readonly #done: (failure: RequestFailure | undefined) => void;
  #status = 0;
  #wwwAuthenticate: string | undefined;

  /** `done` is called once, with a failure if the server did not take the request; never after an abort. */
  constructor(
    context: HttpContext,
    request: OutgoingRequest,
    done: (failure: RequestFailure | undefined) => void,
  ) {
    this.#exchange = context.exchange('POST', context.headers.forRequest(request), request.bytes, this);
    this.#done = done;
  }

  send(): void {
    this.#exchange.send();
  }

  abort(): void {
    this.#exchange.abort();
  }

  started(status: number, headers: ResponseHeaders): BodyMode {
    this.#status = status;
    this.#wwwAuthenticate = headerOf(headers, 'www-authenticate');
    return status < 300 ? 'none' : 'excerpt';
  }

  ended(body: Buffer): void {
    this.#done(this.#status < 300 ? undefined : refusal(this.#status, this.#wwwAuthenticate, body));
  }

  failed(failure: RequestFailure): void {
    this.#done(failure);
  }

  event(): void {}
  oversized(): void {}
  retry(): void {}
}
