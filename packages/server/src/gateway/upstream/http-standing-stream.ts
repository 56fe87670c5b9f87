// The stream that a legacy server may offer for what belongs to no request (2025-11-25, Streamable HTTP, listening for
// messages from the server). A server may refuse it; one that has offered it gets it back whenever it breaks.

import type { SseEvent } from '@tutti/wire';
import { backoffDelayMs } from '../../kernel/backoff.ts';
import { boundedRetryMs, isMessageEvent, mediaKind, type HttpContext } from './http-context.ts';
import {
  headerOf,
  type BodyMode,
  type ExchangeListener,
  type HttpExchange,
  type ResponseHeaders,
} from './http-exchange.ts';
import type { RequestFailure } from './link.ts';
import { readMessages } from './received.ts';

const RECONNECT_BACKOFF = { initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: 0.2 };
/** A stream that lived this long was a good one. */
const STEADY_MS = 30_000;

export class StandingStream implements ExchangeListener {
  readonly #context: HttpContext;
  #exchange: HttpExchange | undefined;
  #wait: Disposable | undefined;
  #offered = false;
  #refusedWith = 0;
  #openedMs = 0;
  #failures = 0;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;

  constructor(context: HttpContext) {
    this.#context = context;
  }

  open(): void {
    const { headers } = this.#context;
    this.#openedMs = this.#context.clock.nowMs();
    this.#exchange = this.#context.exchange('GET', headers.forStream(this.#lastEventId), null, this);
    this.#exchange.send();
  }

  close(): void {
    this.#wait?.[Symbol.dispose]();
    this.#exchange?.abort();
  }

  started(status: number, headers: ResponseHeaders): BodyMode {
    const isStream = status === 200 && mediaKind(headerOf(headers, 'content-type')) === 'events';
    this.#refusedWith = isStream ? 0 : status;
    if (!isStream) return 'none';
    this.#offered = true;
    return 'events';
  }

  event(event: SseEvent): void {
    this.#failures = 0;
    if (event.id !== undefined && event.id !== '') this.#lastEventId = event.id;
    if (!isMessageEvent(event)) return;
    const messages = readMessages(event.data);
    if ('reason' in messages) {
      this.#context.stray(event.data.toString());
      return;
    }
    for (const message of messages) this.#context.deliver(message, undefined);
  }

  oversized(): void {
    this.#context.stray(`An event larger than ${this.#context.maxMessageBytes} bytes was dropped.`);
  }

  retry(delayMs: number): void {
    this.#retryMs = boundedRetryMs(delayMs);
  }

  ended(): void {
    const status = this.#refusedWith;
    if (status === 0 || status >= 500 || status === 429) {
      this.#reconnect();
    } else if (status === 404 && this.#offered && this.#context.headers.sessionId !== undefined) {
      this.#context.sessionLost('The server no longer knows the session (status 404).');
    } else if (status !== 405) {
      this.#context.stray(`The server offers no stream of its own messages (status ${status}).`);
    }
  }

  failed(_failure: RequestFailure): void {
    this.#reconnect();
  }

  #reconnect(): void {
    const { clock, random } = this.#context;
    if (clock.nowMs() - this.#openedMs >= STEADY_MS) this.#failures = 0;
    this.#failures++;
    const delayMs = Math.max(this.#retryMs ?? 0, backoffDelayMs(RECONNECT_BACKOFF, this.#failures, random()));
    this.#wait = clock.after(delayMs, () => this.open());
  }
}
