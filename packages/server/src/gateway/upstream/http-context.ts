// What the requests and streams of one HTTP link share.

import type { Message, SseEvent } from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import type { ExchangeListener, HttpExchange } from './http-exchange.ts';
import type { HttpHeaders } from './http-headers.ts';
import type { RequestFailure } from './link.ts';

/** Of a body that is shown to somebody. */
export const MAX_FAILURE_BODY_BYTES = 8 << 10;
/** The longest wait that a server may ask for before a stream is opened again, and the shortest that it gets. */
const MAX_RETRY_MS = 10 * 60_000;
const MIN_RETRY_MS = 100;

/** The fate of a request on a link that is over. */
export const CLOSED: RequestFailure = { kind: 'network', reason: 'The connection is closed.', sent: false };

export interface HttpContext {
  readonly headers: HttpHeaders;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly maxMessageBytes: number;
  exchange(
    method: 'GET' | 'POST' | 'DELETE',
    headers: string[],
    body: Buffer | null,
    listener: ExchangeListener,
  ): HttpExchange;
  /** Passes on a message; an answer settles the request that it names, on whatever stream it came. */
  deliver(message: Message, origin: number | undefined): void;
  stray(text: string): void;
  /** The server does not know our session any more. */
  sessionLost(reason: string): void;
}

/** Other events and empty ones, which only carry an id, say nothing. */
export function isMessageEvent({ event, data }: SseEvent): boolean {
  return data.length > 0 && (event === undefined || event === 'message');
}

/** The number that a response names; NaN for anything else. */
export function answeredId({ bytes, id, kind }: Message): number {
  if (id === undefined || (kind !== 'result' && kind !== 'error')) return Number.NaN;
  return Number(bytes.toString('latin1', id.start, id.end));
}

/** Keeps what a server says about reconnecting within bounds. */
export function boundedRetryMs(retryMs: number): number {
  return Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, retryMs));
}

export type MediaKind = 'json' | 'events' | 'other';

export function mediaKind(contentType: string | undefined): MediaKind {
  // As nearly all servers write them.
  if (contentType === 'application/json') return 'json';
  if (contentType === 'text/event-stream') return 'events';
  if (contentType === undefined) return 'other';
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  return type === 'text/event-stream' ? 'events' : 'other';
}

/** A request that the server refused with a status. */
export function refusal(status: number, wwwAuthenticate: string | undefined, body: Buffer): RequestFailure {
  const kept =
    body.length <= MAX_FAILURE_BODY_BYTES ? body : Buffer.from(body.subarray(0, MAX_FAILURE_BODY_BYTES));
  return { kind: 'http', status, wwwAuthenticate, body: kept };
}

/** Whether a refused message means that the session is gone. 404 says so by itself (2025-11-25, Streamable HTTP, session
 *  management); some servers say it with a 400 that is about no request in particular. */
export function refusesSession(status: number, body: Buffer): boolean {
  if (status === 404) return true;
  return status === 400 && /session|not initialized/i.test(body.toString('latin1'));
}
