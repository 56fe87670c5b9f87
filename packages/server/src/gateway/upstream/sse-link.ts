// A conversation over HTTP+SSE, the transport of revision 2024-11-05: one event stream brings everything, and its first
// event names the url that messages are posted to. The stream is the connection: when it ends, the link is over.

import type { SseEvent } from '@tutti/wire';
import type { Dispatcher } from 'undici';
import type { HttpTarget, InstanceEnd } from '../ports.ts';
import { authRequiredEnd } from './failures.ts';
import { CLOSED, isMessageEvent, mediaKind, refusal, type HttpContext } from './http-context.ts';
import { headerOf, HttpExchange, type ExchangeListener } from './http-exchange.ts';
import { createHttpHeaders } from './http-headers.ts';
import type { HttpLinkOptions } from './http-link.ts';
import { createOutbox } from './http-outbox.ts';
import type { Link, LinkHandlers, RequestFailure } from './link.ts';
import { MAX_STRAY_CHARS, readMessages } from './received.ts';
import { SsePost } from './sse-post.ts';

export function createSseLink(
  target: HttpTarget,
  dispatcher: Dispatcher,
  handlers: LinkHandlers,
  options: HttpLinkOptions,
): Link {
  const { maxMessageBytes } = options;
  const headers = createHttpHeaders(target.headers);
  const { origin } = target.url;
  const streamPath = target.url.pathname + target.url.search;
  /** Known when the server has named it. */
  let postPath = '';
  const posts = new Map<number, SsePost>();
  let over = false;
  let closing: Promise<void> | undefined;

  const context: HttpContext = {
    ...options,
    headers,
    exchange: (method, headers, body, listener) => {
      const path = method === 'GET' ? streamPath : postPath;
      return new HttpExchange(dispatcher, { origin, path, method, headers, body }, listener, maxMessageBytes);
    },
    deliver: (message, from) => handlers.message(message, from),
    stray(text) {
      if (!over) handlers.stray(text.slice(0, MAX_STRAY_CHARS));
    },
    sessionLost: (reason) => end({ kind: 'lost', reason }),
  };

  const outbox = createOutbox(context, (request) => {
    const post = new SsePost(context, request, (failure) => {
      posts.delete(request.id);
      if (failure !== undefined) handlers.failed(request.id, failure);
    });
    posts.set(request.id, post);
    post.send();
  });

  /** Requests that never went out hear why. */
  function lose(failure: RequestFailure, reason: string): void {
    for (const { id } of outbox.close()) handlers.failed(id, failure);
    end(authRequiredEnd(failure) ?? { kind: 'lost', reason });
  }

  function end(how: InstanceEnd): void {
    if (over) return;
    over = true;
    stream.abort();
    for (const post of posts.values()) post.abort();
    outbox.close();
    handlers.closed(how);
  }

  function useEndpoint(text: string): void {
    const endpoint = URL.parse(text, target.url.href);
    if (endpoint?.origin === origin) {
      postPath = endpoint.pathname + endpoint.search;
      outbox.release();
      return;
    }
    const reason = `The server names an endpoint of another origin (${endpoint?.origin ?? 'no valid url'}), which is not used.`;
    lose({ kind: 'garbage', reason }, reason);
  }

  let status = 0;
  let wwwAuthenticate: string | undefined;
  const listener: ExchangeListener = {
    started(answered, responseHeaders) {
      status = answered;
      wwwAuthenticate = headerOf(responseHeaders, 'www-authenticate');
      const kind = mediaKind(headerOf(responseHeaders, 'content-type'));
      return status === 200 && kind === 'events' ? 'events' : 'excerpt';
    },
    event(event: SseEvent) {
      if (event.event === 'endpoint') {
        if (postPath === '') useEndpoint(event.data.toString());
      } else if (isMessageEvent(event)) {
        const messages = readMessages(event.data);
        if ('reason' in messages) context.stray(event.data.toString());
        else for (const message of messages) context.deliver(message, undefined);
      }
    },
    oversized: () => context.stray(`An event larger than ${maxMessageBytes} bytes was dropped.`),
    retry() {},
    ended(body) {
      if (body !== undefined)
        lose(refusal(status, wwwAuthenticate, body), `The server offers no event stream (status ${status}).`);
      else
        lose({ kind: 'network', reason: 'The event stream ended.', sent: false }, 'The event stream ended.');
    },
    failed(failure) {
      if (failure.kind === 'network') lose({ ...failure, sent: false }, failure.reason);
      else lose(failure, failure.kind === 'http' ? `status ${failure.status}` : failure.reason);
    },
  };
  const stream = context.exchange('GET', headers.forStream(undefined), null, listener);
  outbox.hold();
  stream.send();
  void target.process?.ended.then(({ reason }) => end({ kind: 'exited', reason }));

  return {
    request(request) {
      if (over) handlers.failed(request.id, CLOSED);
      else outbox.request(request);
    },
    send(bytes) {
      if (!over) outbox.send(bytes);
    },
    abort(requestId) {
      outbox.drop(requestId);
      posts.get(requestId)?.abort();
      posts.delete(requestId);
    },
    agree: (agreement) => headers.agree(agreement),
    listen() {},
    close() {
      end({ kind: 'closed', reason: 'The connection was closed.' });
      closing ??= target.process?.close() ?? Promise.resolve();
      return closing;
    },
  };
}
