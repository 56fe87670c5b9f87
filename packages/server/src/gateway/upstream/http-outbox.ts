// What goes out on an HTTP link, in order where order matters: over separate connections a request could overtake
// `notifications/initialized`, and servers refuse requests that come before it.

import { isScanFailure, scanMessage } from '@tutti/wire';
import { Deadlines } from './deadlines.ts';
import type { HttpContext } from './http-context.ts';
import { HttpNotice } from './http-notice.ts';
import type { OutgoingRequest } from './link.ts';

export interface Outbox {
  /** Starts the request, or holds it back until `release`; the caller bounds how many there can be. */
  request(request: OutgoingRequest): void;
  send(bytes: Buffer): void;
  /** Requests wait from now on. */
  hold(): void;
  release(): void;
  /** Forgets a request that is held back. */
  drop(requestId: number): void;
  /** Aborts what is under way; returns the requests that never went out. */
  close(): readonly OutgoingRequest[];
}

export function createOutbox(context: HttpContext, start: (request: OutgoingRequest) => void): Outbox {
  const notices = new Set<HttpNotice>();
  const deadlines = new Deadlines<HttpNotice>(
    context.clock,
    (notice) => notice.abort(),
    (error) => context.stray(String(error)),
  );
  let held: OutgoingRequest[] | undefined;
  let closed = false;

  function take(): readonly OutgoingRequest[] {
    const waiting = held ?? [];
    held = undefined;
    return waiting;
  }

  function release(): void {
    for (const request of take()) if (!closed) start(request);
  }

  return {
    request(request) {
      if (held === undefined) start(request);
      else held.push(request);
    },
    send(bytes) {
      const message = scanMessage(bytes);
      const method = isScanFailure(message) ? undefined : message.method;
      const initialized = method === 'notifications/initialized';
      if (initialized) held ??= [];
      const notice = new HttpNotice(context, method, bytes, () => {
        deadlines.delete(notice);
        notices.delete(notice);
        if (initialized) release();
      });
      notices.add(notice);
      deadlines.add(notice);
      notice.send();
    },
    hold() {
      held ??= [];
    },
    release,
    drop(requestId) {
      held = held?.filter(({ id }) => id !== requestId);
    },
    close() {
      closed = true;
      const waiting = take();
      for (const notice of notices) notice.abort();
      deadlines[Symbol.dispose]();
      return waiting;
    },
  };
}
