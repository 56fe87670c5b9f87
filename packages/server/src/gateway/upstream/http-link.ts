// A conversation over Streamable HTTP, of either era. Each request has a response of its own, so that what comes on it
// can be attributed, and what goes wrong with it stays its own trouble. The link itself ends only with its session or
// its process.

import type { Dispatcher } from 'undici';
import type { Clock } from '../../kernel/clock.ts';
import { IdTable } from '../../kernel/id-table.ts';
import type { HttpTarget, InstanceEnd } from '../ports.ts';
import { Deadlines } from './deadlines.ts';
import { HttpCall, type CallOwner } from './http-call.ts';
import { answeredId, CLOSED, type HttpContext } from './http-context.ts';
import { HttpExchange } from './http-exchange.ts';
import { createHttpHeaders } from './http-headers.ts';
import { createOutbox } from './http-outbox.ts';
import { deleteSession } from './http-session.ts';
import { StandingStream } from './http-standing-stream.ts';
import type { Link, LinkHandlers } from './link.ts';
import { MAX_STRAY_CHARS } from './received.ts';

/** Between the loss of a session and the end of its link, for calls that are under way. */
const LOST_GRACE_MS = 1_000;

export interface HttpLinkOptions {
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly maxMessageBytes: number;
}

export function createHttpLink(
  target: HttpTarget,
  dispatcher: Dispatcher,
  handlers: LinkHandlers,
  options: HttpLinkOptions,
): Link {
  const { clock, maxMessageBytes } = options;
  const headers = createHttpHeaders(target.headers);
  const { origin } = target.url;
  const path = target.url.pathname + target.url.search;
  /** Until nothing of them is open any more, which may be a little after the answer. */
  const calls = new IdTable<HttpCall>();
  const lingering = new Deadlines<HttpCall>(
    clock,
    (call) => call.abort(),
    (error) => handlers.stray(String(error)),
  );
  let standing: StandingStream | undefined;
  let lost: InstanceEnd | undefined;
  let over = false;
  let closing: Promise<void> | undefined;

  const context: HttpContext = {
    ...options,
    headers,
    exchange: (method, headers, body, listener) =>
      new HttpExchange(dispatcher, { origin, path, method, headers, body }, listener, maxMessageBytes),
    deliver(message, from) {
      calls.get(answeredId(message))?.settle();
      handlers.message(message, from);
    },
    stray(text) {
      if (!over) handlers.stray(text.slice(0, MAX_STRAY_CHARS));
    },
    sessionLost(reason) {
      if (lost !== undefined) return;
      lost = { kind: 'lost', reason };
      headers.setSession(undefined);
      // What is under way learns its own fate first: most of it is refused in the same way, and can be sent again.
      if (calls.size === 0) end(lost);
      else clock.after(LOST_GRACE_MS, () => end({ kind: 'lost', reason }));
    },
  };

  function endWhenLost(): void {
    if (lost !== undefined && calls.size === 0) end(lost);
  }

  const owner: CallOwner = {
    failed(call, failure) {
      if (calls.take(call.id) !== undefined) handlers.failed(call.id, failure);
      endWhenLost();
    },
    lingering: (call) => lingering.add(call),
    done(call) {
      calls.take(call.id);
      lingering.delete(call);
      endWhenLost();
    },
  };

  const outbox = createOutbox(context, (request) => {
    if (request.method === 'initialize') headers.setSession(undefined);
    const call = new HttpCall(context, owner, request);
    calls.set(call);
    call.send();
  });

  function end(how: InstanceEnd): void {
    if (over) return;
    over = true;
    for (const call of calls.all()) call.abort();
    lingering[Symbol.dispose]();
    outbox.close();
    standing?.close();
    handlers.closed(how);
  }

  async function close(): Promise<void> {
    end({ kind: 'closed', reason: 'The connection was closed.' });
    if (target.process !== undefined) await target.process.close();
    else if (headers.sessionId !== undefined) await deleteSession(context);
  }

  void target.process?.ended.then(({ reason }) => end({ kind: 'exited', reason }));

  return {
    request(request) {
      if (over) handlers.failed(request.id, CLOSED);
      else if (lost !== undefined) handlers.failed(request.id, { kind: 'session_lost', reason: lost.reason });
      else outbox.request(request);
    },
    send(bytes) {
      if (!over) outbox.send(bytes);
    },
    abort(requestId) {
      outbox.drop(requestId);
      calls.get(requestId)?.abort();
    },
    agree(agreement) {
      headers.agree(agreement);
    },
    listen() {
      if (over || standing !== undefined || headers.agreement?.era === 'modern') return;
      standing = new StandingStream(context);
      standing.open();
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}
