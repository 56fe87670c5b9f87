// One request over Streamable HTTP, from the POST to its answer: as JSON, on the POST's own event stream, or, when a
// legacy server lets go of that stream early, on streams that resume it.

import type { Message, SseEvent } from '@tutti/wire';
import { backoffDelayMs } from '../../kernel/backoff.ts';
import { NOWHERE } from '../../kernel/bag.ts';
import type { Due } from './deadlines.ts';
import {
  answeredId,
  boundedRetryMs,
  isMessageEvent,
  mediaKind,
  refusal,
  refusesSession,
  type HttpContext,
} from './http-context.ts';
import {
  headerOf,
  type BodyMode,
  type ExchangeListener,
  type HttpExchange,
  type ResponseHeaders,
} from './http-exchange.ts';
import type { OutgoingRequest, RequestFailure } from './link.ts';
import { readMessages } from './received.ts';

/** How often in a row a stream is resumed without an event coming of it. */
export const MAX_RESUMES = 5;
/** How long a stream may stay open after its answer before it is cut. */
const LINGER_MS = 1_000;

const RESUME_BACKOFF = { initialMs: 500, factor: 2, maxMs: 10_000, jitter: 0.2 };

export interface CallOwner {
  /** No answer will come. */
  failed(call: HttpCall, failure: RequestFailure): void;
  /** The answer is there, but the stream that it came on is still open: cut it at the call's `deadlineMs`. */
  lingering(call: HttpCall): void;
  /** Nothing of the call is open any more. */
  done(call: HttpCall): void;
}

export class HttpCall implements ExchangeListener, Due {
  readonly id: number;
  deadlineMs = 0;
  place = NOWHERE;
  readonly #context: HttpContext;
  readonly #owner: CallOwner;
  readonly #initializes: boolean;
  readonly #inSession: boolean;
  #exchange: HttpExchange;
  #status = 0;
  #wwwAuthenticate: string | undefined;
  #answered = false;
  #resuming = false;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;
  #resumes = 0;
  #wait: Disposable | undefined;

  constructor(context: HttpContext, owner: CallOwner, request: OutgoingRequest) {
    this.id = request.id;
    this.#context = context;
    this.#owner = owner;
    this.#initializes = request.method === 'initialize';
    this.#inSession = !this.#initializes && context.headers.sessionId !== undefined;
    this.#exchange = context.exchange('POST', context.headers.forRequest(request), request.bytes, this);
  }

  send(): void {
    this.#exchange.send();
  }

  /** Closes whatever is open; neither an answer nor a failure follows. */
  abort(): void {
    this.#wait?.[Symbol.dispose]();
    this.#exchange.abort();
    this.#owner.done(this);
  }

  /** Its answer arrived, here or elsewhere. */
  settle(): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#wait?.[Symbol.dispose]();
    if (this.#exchange.isOver) return this.#owner.done(this);
    this.deadlineMs = this.#context.clock.nowMs() + LINGER_MS;
    this.#owner.lingering(this);
  }

  started(status: number, headers: ResponseHeaders): BodyMode | RequestFailure {
    this.#status = status;
    if (status < 200 || status > 299) {
      this.#wwwAuthenticate = headerOf(headers, 'www-authenticate');
      return 'excerpt';
    }
    if (this.#initializes) this.#context.headers.setSession(headerOf(headers, 'mcp-session-id'));
    const contentType = headerOf(headers, 'content-type');
    const kind = mediaKind(contentType);
    if (kind === 'events') return 'events';
    if (kind === 'json' && !this.#resuming) return 'whole';
    const answer = contentType ?? 'no content type';
    return {
      kind: 'garbage',
      reason: `The server answered with status ${status} and ${answer}, not with a message.`,
    };
  }

  event(event: SseEvent): void {
    if (this.#answered) return;
    if (event.id !== undefined && event.id !== '') {
      this.#lastEventId = event.id;
      this.#resumes = 0;
    }
    if (isMessageEvent(event)) this.#read(event.data);
  }

  oversized(): void {
    this.#fail({
      kind: 'garbage',
      reason: `An event is larger than ${this.#context.maxMessageBytes} bytes.`,
    });
  }

  retry(delayMs: number): void {
    this.#retryMs = boundedRetryMs(delayMs);
  }

  ended(body: Buffer | undefined): void {
    if (this.#answered) return this.#owner.done(this);
    if (body === undefined) return this.#resume('The stream ended before the answer.');
    if (this.#status > 299) return this.#refused(body);
    this.#read(body);
    if (!this.#answered) {
      this.#fail({
        kind: 'garbage',
        reason: 'The server answered with something that is no answer to the request.',
      });
    }
  }

  failed(failure: RequestFailure): void {
    if (this.#answered) return this.#owner.done(this);
    if (failure.kind === 'network' && this.#lastEventId !== undefined) this.#resume(failure.reason);
    else this.#fail(failure);
  }

  #read(bytes: Buffer): void {
    const messages = readMessages(bytes);
    if ('reason' in messages) {
      this.#fail({
        kind: 'garbage',
        reason: `The server sent something that is no message: ${messages.reason}.`,
      });
      return;
    }
    for (const message of messages) {
      if (message.kind === 'error' && message.id === undefined) return this.#unaddressed(message);
      this.#context.deliver(message, this.id);
    }
  }

  /** An error that names no request, where only this one can be meant. */
  #unaddressed(message: Message): void {
    if (this.#answered) return;
    const text = message.bytes.toString(
      'utf8',
      message.root.start,
      Math.min(message.root.end, message.root.start + 300),
    );
    this.#fail({
      kind: 'garbage',
      reason: `The server answered with an error that names no request: ${text}`,
    });
  }

  #refused(body: Buffer): void {
    if (this.#resuming) {
      this.#fail({
        kind: 'network',
        reason: `The stream ended before the answer and could not be resumed (status ${this.#status}).`,
        sent: true,
      });
      if (this.#status === 404)
        this.#context.sessionLost('The server no longer knows the session (status 404).');
      return;
    }
    const messages = readMessages(body);
    const [message] = 'reason' in messages ? [] : messages;
    const addressed = message !== undefined && answeredId(message) === this.id;
    const lost =
      this.#inSession && (this.#status === 404 || !addressed) && refusesSession(this.#status, body);
    // How a server asks for credentials stands in the head, whatever the body says.
    if (addressed && !lost && this.#status !== 401) return this.#context.deliver(message, this.id);
    if (!lost) return this.#fail(refusal(this.#status, this.#wwwAuthenticate, body));
    const reason = `The server no longer knows the session (status ${this.#status}).`;
    this.#fail({ kind: 'session_lost', reason });
    this.#context.sessionLost(reason);
  }

  /** Goes on behind the last event with an id (2025-11-25, Streamable HTTP, resumability). */
  #resume(reason: string): void {
    const resumable = this.#lastEventId !== undefined && this.#context.headers.agreement?.era !== 'modern';
    if (!resumable || this.#resumes >= MAX_RESUMES)
      return this.#fail({ kind: 'network', reason, sent: true });
    this.#resumes++;
    this.#resuming = true;
    const { clock, headers, random } = this.#context;
    const delayMs = this.#retryMs ?? backoffDelayMs(RESUME_BACKOFF, this.#resumes, random());
    this.#wait = clock.after(delayMs, () => {
      this.#exchange = this.#context.exchange('GET', headers.forStream(this.#lastEventId), null, this);
      this.#exchange.send();
    });
  }

  #fail(failure: RequestFailure): void {
    this.#exchange.abort();
    if (!this.#answered) this.#owner.failed(this, failure);
  }
}
