// One HTTP exchange with an MCP endpoint: exact bytes out, exact bytes of every message in.

import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { createSseReader, type SseEvent } from './sse.ts';

export interface RawExchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The messages of the response in order: of the event stream, or the one body. */
  readonly messages: readonly Buffer[];
  /** The events of the response, when it was a stream. */
  readonly events: readonly SseEvent[];
  /** Everything that was not a stream, as it came. */
  readonly body: Buffer;
  /** The response broke off before its end, or was aborted. */
  readonly aborted: boolean;
}

export interface RawRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string | Buffer | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onHead?: ((status: number, headers: IncomingHttpHeaders) => void) | undefined;
  readonly onMessage?: ((message: Buffer) => void) | undefined;
}

/**
 * Resolves when the response has ended or was aborted; before its head the status of an aborted one is 0. Rejects
 * when the connection failed before there was a response.
 */
export function exchange(url: string | URL, options: RawRequest): Promise<RawExchange> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: options.method,
      headers: options.headers,
      // A connection of its own, so that closing it is seen by the server and nothing is retried.
      agent: false,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    outgoing.on('error', (error) => {
      if (options.signal?.aborted !== true) reject(error);
      else
        resolve({ status: 0, headers: {}, messages: [], events: [], body: Buffer.alloc(0), aborted: true });
    });
    outgoing.on('response', (incoming) => {
      const status = incoming.statusCode ?? 0;
      options.onHead?.(status, incoming.headers);
      const isStream = /^text\/event-stream/i.test(incoming.headers['content-type'] ?? '');
      const messages: Buffer[] = [];
      const events: SseEvent[] = [];
      const chunks: Buffer[] = [];
      const take = (message: Buffer): void => {
        messages.push(message);
        options.onMessage?.(message);
      };
      const read = createSseReader((event) => {
        events.push(event);
        if (event.data.length > 0) take(event.data);
      });
      const finish = (aborted: boolean): void => {
        const body = Buffer.concat(chunks);
        if (!isStream && !aborted && body.length > 0) take(body);
        resolve({ status, headers: incoming.headers, messages, events, body, aborted });
      };
      incoming.on('data', (chunk: Buffer) => (isStream ? read(chunk) : chunks.push(chunk)));
      incoming.on('end', () => finish(false));
      incoming.on('error', () => finish(true));
    });
    outgoing.end(options.body);
  });
}
