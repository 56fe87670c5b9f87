// One HTTP request and its response, read without a promise, a stream or a timer of its own. Redirects are followed
// within the origin only: another origin was never checked, nor meant to see the headers.

import { createSseParser, type SseEvent, type SseParser } from '@tutti/wire';
import type { Dispatcher } from 'undici';
import type { RequestFailure } from './link.ts';

/** Redirects that one request follows. */
const MAX_REDIRECTS = 3;
/** Of a body that is not a message this much is read; the rest is cut. */
const MAX_EXCERPT_BYTES = 256 << 10;

/** `whole`: at most maxMessageBytes, more is a failure. `excerpt`: the first MAX_EXCERPT_BYTES. `none`: thrown away. */
export type BodyMode = 'whole' | 'excerpt' | 'events' | 'none';

export interface ExchangeRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: string[];
  readonly body: Buffer | null;
}

/** By lower-case name; a repeated header is a list. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Told what comes back. After `ended`, `failed` or an abort nothing follows. */
export interface ExchangeListener {
  /** Status and headers are there: how is the body to be read? A failure ends the exchange. */
  started(status: number, headers: ResponseHeaders): BodyMode | RequestFailure;
  event(event: SseEvent): void;
  /** An event was over the limit and is dropped; the stream goes on. */
  oversized(): void;
  /** The server says how long to wait before connecting again. */
  retry(delayMs: number): void;
  /** The response is complete; events have no body. */
  ended(body: Buffer | undefined): void;
  failed(failure: RequestFailure): void;
}

const REDIRECTS: ReadonlySet<number> = new Set([307, 308]);
const EMPTY: Buffer = Buffer.alloc(0);

/** What a finished exchange holds instead of its own. */
const SENT: ExchangeRequest = { origin: '', path: '', method: 'GET', headers: [], body: null };
const SILENT: ExchangeListener = {
  started: () => 'none',
  event() {},
  oversized() {},
  retry() {},
  ended() {},
  failed() {},
};

export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly #dispatcher: Dispatcher;
  #request: ExchangeRequest;
  #listener: ExchangeListener;
  readonly #maxMessageBytes: number;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;
  #mode: BodyMode = 'none';
  /** What was read so far: the first `#size` bytes of a buffer that doubles. */
  #body: Buffer = EMPTY;
  #size = 0;
  /** What the server says the body will be, as far as that is allowed. */
  #announced = 0;
  #parser: SseParser | undefined;
  #path: string;
  #redirects = 0;
  #redirectPath: string | undefined;

  constructor(
    dispatcher: Dispatcher,
    request: ExchangeRequest,
    listener: ExchangeListener,
    maxMessageBytes: number,
  ) {
    this.#dispatcher = dispatcher;
    this.#request = request;
    this.#listener = listener;
    this.#maxMessageBytes = maxMessageBytes;
    this.#path = request.path;
  }

  /** Whether the listener has heard all that it will hear. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Sends the request. The listener may hear of a failure before this returns. */
  send(): void {
    const { origin, method, headers, body } = this.#request;
    this.#dispatcher.dispatch({ origin, path: this.#path, method, headers, body }, this);
  }

  /** Ends it and its connection; the listener hears nothing more. */
  abort(): void {
    if (this.#over) return;
    const controller = this.#controller;
    this.#release();
    controller?.abort(new Error('aborted'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Aborted while it waited for a connection: thrown, so that the connection is kept.
    if (this.#over) throw new Error('aborted');
    this.#controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (status < 200 || this.#over) return;
    const location = headerOf(headers, 'location');
    if (REDIRECTS.has(status) && location !== undefined) this.#redirect(status, location);
    else {
      this.#announced = Math.min(
        Number(headerOf(headers, 'content-length') ?? 0) || 0,
        this.#maxMessageBytes,
      );
      this.#begin(this.#listener.started(status, headers));
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    if (this.#parser !== undefined) {
      this.#parser.push(chunk);
      return;
    }
    const limit = this.#mode === 'whole' ? this.#maxMessageBytes : MAX_EXCERPT_BYTES;
    if (this.#size + chunk.length <= limit) this.#keep(chunk);
    else if (this.#mode === 'whole') {
      this.#fail({ kind: 'garbage', reason: `The answer is larger than ${limit} bytes.` });
    } else {
      // Enough of it: the rest is not worth a connection.
      const listener = this.#listener;
      const excerpt = this.#body.subarray(0, this.#size);
      this.abort();
      listener.ended(excerpt);
    }
  }

  onResponseEnd(): void {
    if (this.#over) return;
    if (this.#redirectPath !== undefined) {
      this.#path = this.#redirectPath;
      this.#redirectPath = undefined;
      this.#body = EMPTY;
      this.#size = 0;
      this.send();
      return;
    }
    const listener = this.#listener;
    const body = this.#mode === 'events' ? undefined : this.#body.subarray(0, this.#size);
    this.#release();
    listener.ended(body);
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#over) return;
    const listener = this.#listener;
    const sent = this.#controller !== undefined;
    this.#release();
    listener.failed({ kind: 'network', reason: networkReason(error), sent });
  }

  /** undici keeps finished requests for a while, and with them this: nothing that is large may hang on it. */
  #release(): void {
    this.#over = true;
    this.#controller = undefined;
    this.#body = EMPTY;
    this.#parser = undefined;
    this.#listener = SILENT;
    this.#request = SENT;
  }

  #keep(chunk: Buffer): void {
    const size = this.#size + chunk.length;
    if (this.#size === 0) this.#body = chunk;
    else {
      if (size > this.#body.length) {
        const grown = Buffer.allocUnsafeSlow(
          Math.max(size, this.#announced > size ? this.#announced : this.#body.length * 2),
        );
        this.#body.copy(grown, 0, 0, this.#size);
        this.#body = grown;
      }
      chunk.copy(this.#body, this.#size);
    }
    this.#size = size;
  }

  #begin(mode: BodyMode | RequestFailure): void {
    if (typeof mode === 'object') {
      this.#fail(mode);
      return;
    }
    this.#mode = mode;
    if (mode !== 'events') return;
    const listener = this.#listener;
    this.#parser = createSseParser({
      maxEventBytes: this.#maxMessageBytes,
      onEvent: (event) => {
        if (!this.#over) listener.event(event);
      },
      onRetry: (delayMs) => listener.retry(delayMs),
      onOversize: () => {
        if (!this.#over) listener.oversized();
      },
    });
  }

  #redirect(status: number, location: string): void {
    const { origin } = this.#request;
    const target = URL.parse(location, origin + this.#path);
    if (target?.origin !== origin) {
      this.#fail({
        kind: 'garbage',
        reason: `The server redirects (${status}) to ${target?.origin ?? 'no valid url'}, which is not followed.`,
      });
    } else if (this.#redirects >= MAX_REDIRECTS) {
      this.#fail({ kind: 'garbage', reason: `The server redirects more than ${MAX_REDIRECTS} times.` });
    } else {
      this.#redirects++;
      this.#redirectPath = target.pathname + target.search;
    }
  }

  #fail(failure: RequestFailure): void {
    if (this.#over) return;
    const listener = this.#listener;
    this.abort();
    listener.failed(failure);
  }
}

/** The value of a header; of a repeated one all values, as one list. */
export function headerOf(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** What went wrong on the way, without the stack and without anything that was sent. */
function networkReason(error: Error): string {
  // A host with several addresses fails with one error for each.
  if (error instanceof AggregateError && error.errors[0] instanceof Error)
    return networkReason(error.errors[0]);
  return error.message === '' ? error.name : error.message;
}
